/**
 * Aligns the words of a candidate with those of a reference, each at most once: as many as possible, then in as few
 * contiguous chunks as possible, then with the least shift. Source: Denkowski and Lavie, "Meteor Universal" (WMT 2014), §2.1.
 * The search keeps a beam of partial alignments, as the original does, and is exact where the beam is not exhausted.
 */

/** How alike two words are: the weight of the best matcher, or 0. */
export type WordSimilarity = (candidate: number, reference: number) => number;

export interface Alignment {
  readonly matches: number;
  /** Sum of the matchers' weights. */
  readonly weight: number;
  /** Runs of matched words that are adjacent in both sentences. */
  readonly chunks: number;
}

const BEAM = 40;

interface Partial {
  readonly used: ReadonlySet<number>;
  /** Reference position matched to the previous candidate word, or −2. */
  readonly last: number;
  readonly matches: number;
  readonly weight: number;
  readonly chunks: number;
  readonly shift: number;
}

/** The best alignment of two sequences of word identifiers. */
export function align(candidate: Int32Array, reference: Int32Array, similarity: WordSimilarity): Alignment {
  let beam: Partial[] = [{ used: new Set(), last: -2, matches: 0, weight: 0, chunks: 0, shift: 0 }];
  const options = optionsOf(reference, similarity);
  for (let position = 0; position < candidate.length; position++) {
    const next = new Map<string, Partial>();
    const keep = (partial: Partial): void => {
      const key = `${partial.last} ${[...partial.used].sort((a, b) => a - b).join(' ')}`;
      const known = next.get(key);
      if (known === undefined || compare(partial, known) < 0) next.set(key, partial);
    };
    const targets = options(candidate[position]!);
    for (const partial of beam) {
      keep({ ...partial, last: -2 });
      for (const { target, weight } of targets) {
        if (partial.used.has(target)) continue;
        keep({
          used: new Set(partial.used).add(target),
          last: target,
          matches: partial.matches + 1,
          weight: partial.weight + weight,
          chunks: partial.chunks + (target === partial.last + 1 ? 0 : 1),
          shift: partial.shift + Math.abs(target - position),
        });
      }
    }
    beam = [...next.values()].sort(compare).slice(0, BEAM);
  }
  const { matches, weight, chunks } = beam[0]!;
  return { matches, weight, chunks };
}

/** More matches first, then fewer chunks, then less shift, then heavier matches. */
function compare(left: Partial, right: Partial): number {
  return (
    right.matches - left.matches || left.chunks - right.chunks || left.shift - right.shift || right.weight - left.weight
  );
}

interface Option {
  readonly target: number;
  readonly weight: number;
}

function optionsOf(reference: Int32Array, similarity: WordSimilarity): (word: number) => readonly Option[] {
  const known = new Map<number, Option[]>();
  return (word) => {
    let options = known.get(word);
    if (options === undefined) {
      options = [];
      for (let target = 0; target < reference.length; target++) {
        const weight = similarity(word, reference[target]!);
        if (weight > 0) options.push({ target, weight });
      }
      known.set(word, options);
    }
    return options;
  };
}
