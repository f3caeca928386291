/**
 * One caption while it is taken apart: finds runs of characters and keeps what it has found out about a run, so that later
 * tokens of the same run need not look at it again. Positions are asked for in ascending order, which makes the whole linear.
 */
import { TRAITS } from './traits.js';

/** What is known of the last run of one kind: `last` and `tail` as the kind defines them, -1 where there is none. */
export interface RememberedRun {
  /** First position after the run; positions before it have nothing new to say. */
  end: number;
  last: number;
  tail: number;
}

export class Scan {
  /** How many characters have been looked at while runs were searched for, each time anew: the measure of the work done. */
  examined = 0;
  /** How many characters of a shape's match stay for the next token; set by shapes that look ahead. */
  ahead = 0;
  /** The last word looked for: several shapes begin with a word. */
  readonly word = { start: -1, end: 0 };
  readonly prefix: RememberedRun = nothingKnown();
  readonly fileName: RememberedRun = nothingKnown();
  readonly looseHost: RememberedRun = nothingKnown();
  readonly strictHost: RememberedRun = nothingKnown();
  readonly mail: RememberedRun = nothingKnown();
  readonly declaration: RememberedRun = nothingKnown();

  /** Ends in a line feed, its only one. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  has(position: number, traits: number): boolean {
    return (TRAITS[this.text.charCodeAt(position)]! & traits) !== 0;
  }

  /** First position from `position` on whose character has none of `traits`; no trait is one of the line feed. */
  runEnd(position: number, traits: number): number {
    const { text } = this;
    let end = position;
    while ((TRAITS[text.charCodeAt(end)]! & traits) !== 0) end++;
    this.examined += end - position + 1;
    return end;
  }

  /**
   * Runs of `traits` joined by single periods, from `position` on. Remembers the last period after which `accept` finds the
   * end of something (else it returns 0), in `last`, and that end, in `tail`.
   */
  dottedRun(memory: RememberedRun, position: number, traits: number, accept: (afterPeriod: number) => number): void {
    memory.last = -1;
    let start = position;
    for (;;) {
      const end = this.runEnd(start, traits);
      memory.end = end;
      if (end === start || this.text[end] !== '.') return;
      const tail = accept(end + 1);
      if (tail > 0) {
        memory.last = end;
        memory.tail = tail;
      }
      start = end + 1;
    }
  }
}

function nothingKnown(): RememberedRun {
  return { end: -1, last: -1, tail: -1 };
}
