/**
 * Several systems on the same images: every pair with its interval and p, Holm's correction over all pairs, and tie groups. Tie groups
 * are the largest sets in which no two members differ significantly; a system may belong to several (the letters of a "compact letter
 * display", by insert and absorb: Piepho 2004, Journal of Computational and Graphical Statistics 13).
 */
import { holm } from './holm.js';
import type { ScoreOfSums } from './paired-images.js';
import { type ScoredRecord, type SystemDifference, type SystemOptions, systemDifferences } from './seeds-and-images.js';

export interface RankedSystem {
  readonly id: string;
  readonly records: readonly ScoredRecord[];
  /** Larger is better; the order of ties is that of the input. */
  readonly rankBy: number;
}

export interface PairDifference extends SystemDifference {
  /** The difference is first − second; first ranks above second. */
  readonly first: string;
  readonly second: string;
  /** Holm-adjusted over all pairs. */
  readonly adjustedP: number;
  readonly significant: boolean;
}

export interface ManyComparison {
  /** Best first. */
  readonly ranking: readonly { readonly id: string; readonly letters: string }[];
  readonly pairs: readonly PairDifference[];
  /** Best first, each in the order of the ranking; the group at index 0 has the letter a, and so on. */
  readonly tieGroups: readonly (readonly string[])[];
}

/** Systems under one metric. */
export interface Contest {
  readonly systems: readonly RankedSystem[];
  readonly score: ScoreOfSums;
}

export interface ManyOptions extends SystemOptions {
  readonly alpha?: number;
}

/** @throws RangeError as `systemDifferences` */
export function compareMany(
  systems: readonly RankedSystem[],
  score: ScoreOfSums,
  options: ManyOptions = {},
): ManyComparison {
  return compareContests([{ systems, score }], options)[0]!;
}

/**
 * One comparison per contest, each corrected for its own pairs; those on equally many images share the resamples, so that several metrics
 * of the same systems cost little more than one.
 *
 * @throws RangeError as `systemDifferences`
 */
export function compareContests(
  contests: readonly Contest[],
  { alpha = 0.05, ...options }: ManyOptions = {},
): readonly ManyComparison[] {
  const fields = contests.map(({ systems, score }) => {
    const ranked = [...systems].sort((a, b) => b.rankBy - a.rankBy);
    const places = ranked.flatMap((_, first) =>
      ranked.slice(first + 1).map((__, offset) => [first, first + 1 + offset] as const),
    );
    const comparisons = places.map(([first, second]) => ({
      candidate: ranked[first]!.records,
      baseline: ranked[second]!.records,
      score,
    }));
    return { ranked, places, comparisons };
  });
  const differences = systemDifferences(
    fields.flatMap(({ comparisons }) => comparisons),
    options,
  );
  let done = 0;
  return fields.map(({ ranked, places }) => {
    const own = differences.slice(done, done + places.length);
    done += places.length;
    return decided(ranked, places, own, alpha);
  });
}

function decided(
  ranked: readonly RankedSystem[],
  places: readonly (readonly [number, number])[],
  differences: readonly SystemDifference[],
  alpha: number,
): ManyComparison {
  const steps = holm(
    differences.map(({ p }) => p),
    { alpha },
  );
  const pairs = places.map(([first, second], index) => ({
    ...differences[index]!,
    first: ranked[first]!.id,
    second: ranked[second]!.id,
    adjustedP: steps[index]!.adjustedP,
    significant: steps[index]!.rejected,
  }));
  const groups = tieGroups(
    ranked.length,
    places.filter((_, index) => steps[index]!.rejected),
  );
  return {
    ranking: ranked.map(({ id }, place) => ({
      id,
      letters: groups.map((group, index) => (group.includes(place) ? letter(index) : '')).join(''),
    })),
    pairs,
    tieGroups: groups.map((group) => group.map((place) => ranked[place]!.id)),
  };
}

/**
 * The largest sets of 0 … count − 1 that hold none of the pairs, in order of their members.
 *
 * @param apart pairs that differ
 */
export function tieGroups(
  count: number,
  apart: readonly (readonly [number, number])[],
): readonly (readonly number[])[] {
  let groups: readonly (readonly number[])[] = count === 0 ? [] : [Array.from({ length: count }, (_, place) => place)];
  for (const [first, second] of apart) {
    const split = groups.flatMap((group) =>
      group.includes(first) && group.includes(second)
        ? [group.filter((place) => place !== second), group.filter((place) => place !== first)]
        : [group],
    );
    groups = split.filter(
      (group, index) =>
        !split.some(
          (other, at) =>
            at !== index &&
            group.every((place) => other.includes(place)) &&
            (other.length > group.length || at < index),
        ),
    );
  }
  return [...groups].sort(byMembers);
}

function byMembers(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((member, index) => member !== b[index]);
  return place === -1 ? a.length - b.length : (a[place] ?? 0) - (b[place] ?? Number.POSITIVE_INFINITY);
}

/** a … z, then aa, ab … as in a spreadsheet. */
function letter(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letter(Math.floor(index / 26) - 1) + last;
}
