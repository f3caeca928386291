/** How each system looks and is called in a comparison: the colours that all pages use, and labels that cannot disturb a sentence. */
import { singleLineText } from '../untrusted-text.js';
import type { ComparedSystemView } from './comparison-view.js';

export interface SystemStyle {
  readonly id: string;
  readonly label: string;
  /** The label in one line, at most 60 letters, for sentences and pictures. */
  readonly name: string;
  readonly color: string;
}

const COLORS = ['control', 'treatment', 'extra-1', 'extra-2', 'extra-3', 'extra-4'] as const;

/** Colours repeat after six systems; no picture shows more than two of them, and each is also named there. */
export function styleSystems(systems: readonly ComparedSystemView[]): ReadonlyMap<string, SystemStyle> {
  return new Map(
    systems.map(({ id, label }, index) => [
      id,
      {
        id,
        label: withPercents(label),
        name: withPercents(singleLineText(label, 60)),
        color: `var(--${COLORS[index % COLORS.length]})`,
      },
    ]),
  );
}

/** A number and its percent sign stay on one line. */
function withPercents(label: string): string {
  return label.replace(/(\d) %/g, '$1\u00a0%');
}
