/**
 * Beam search: of all continuations of a text's hypotheses the `width` most probable are kept. A hypothesis that ends keeps its
 * place in the beam, as in Sutskever et al. 2014 (arXiv 1409.3215, §3.2), so a width of 1 is greedy search. The result is the
 * hypothesis with the highest log-probability per lengthᵃ (a = `lengthPenalty`, the end token counted).
 */
import { power } from '../numerics/elementary.js';
import type { DecodingSession, NextTokenScores } from './decoding-session.js';

export interface BeamOptions {
  readonly width: number;
  /** Exponent of the length in the final score; 0 compares plain log-probabilities. */
  readonly lengthPenalty: number;
  readonly endTokens: ReadonlySet<number>;
  readonly maximumNewTokens: number;
}

interface Hypothesis {
  readonly tokens: readonly number[];
  readonly logProbability: number;
}

/** A hypothesis that may still grow, and its row in the session. */
interface OpenHypothesis extends Hypothesis {
  readonly row: number;
}

interface Candidate {
  readonly parent: OpenHypothesis;
  readonly token: number;
  readonly logProbability: number;
}

/** The beam of one text. */
interface Beam {
  readonly open: readonly OpenHypothesis[];
  readonly best: { readonly tokens: readonly number[]; readonly score: number } | undefined;
  /** Hypotheses the beam may still hold: its width less those that ended. */
  readonly places: number;
}

/**
 * The `count` most probable continuations, best first. Among equals an earlier hypothesis, then a lower token id, comes first.
 */
function bestCandidates(open: readonly OpenHypothesis[], scores: NextTokenScores, count: number): readonly Candidate[] {
  const kept: Candidate[] = [];
  for (const parent of open) {
    const start = parent.row * scores.vocabularySize;
    const base = parent.logProbability - scores.logNormalisers[parent.row]!;
    for (let token = 0; token < scores.vocabularySize; token++) {
      const logProbability = base + scores.logits[start + token]!;
      if (kept.length === count && logProbability <= kept[count - 1]!.logProbability) continue;
      let place = kept.length;
      while (place > 0 && kept[place - 1]!.logProbability < logProbability) place -= 1;
      kept.splice(place, 0, { parent, token, logProbability });
      if (kept.length > count) kept.pop();
    }
  }
  return kept;
}

/** Divisor of the log-probability of a text of each length up to the limit. */
function lengthDivisors({ lengthPenalty, maximumNewTokens }: BeamOptions): Float64Array {
  return Float64Array.from({ length: maximumNewTokens + 1 }, (_, length) => power(Math.max(1, length), lengthPenalty));
}

/** Grows a beam by one token. `continueRow` asks for a row of the next session and returns its index. */
function growBeam(
  { open, best, places }: Beam,
  scores: NextTokenScores,
  { endTokens, maximumNewTokens }: BeamOptions,
  divisors: Float64Array,
  continueRow: (parentRow: number, token: number) => number,
): Beam {
  let champion = best;
  let placesLeft = places;
  const grown: (Hypothesis & { readonly candidate: Candidate })[] = [];
  for (const candidate of bestCandidates(open, scores, places)) {
    const { parent, token, logProbability } = candidate;
    const tokens = endTokens.has(token) ? parent.tokens : [...parent.tokens, token];
    const length = parent.tokens.length + 1;
    if (!endTokens.has(token) && length < maximumNewTokens) {
      grown.push({ tokens, logProbability, candidate });
      continue;
    }
    placesLeft -= 1;
    const score = logProbability / divisors[length]!;
    if (champion === undefined || score > champion.score) champion = { tokens, score };
  }
  // A log-probability only falls, so an open hypothesis can at best score as if it reached the limit at no cost.
  const bound = champion?.score ?? Number.NEGATIVE_INFINITY;
  const goesOn = grown.some(({ logProbability }) => logProbability / divisors[maximumNewTokens]! > bound);
  return {
    open: (goesOn ? grown : []).map(({ tokens, logProbability, candidate }) => ({
      tokens,
      logProbability,
      row: continueRow(candidate.parent.row, candidate.token),
    })),
    best: champion,
    places: placesLeft,
  };
}

/**
 * @param start owned by this function from here on
 * @returns tokens of each row's best hypothesis, without the end token
 */
export function beamSearch(start: DecodingSession, options: BeamOptions): number[][] {
  const divisors = lengthDivisors(options);
  let session = start;
  let beams: readonly Beam[] = Array.from({ length: start.scores.rows }, (_, row) => ({
    open: [{ tokens: [], logProbability: 0, row }],
    best: undefined,
    places: options.width,
  }));
  try {
    for (;;) {
      const parents: number[] = [];
      const tokens: number[] = [];
      const continueRow = (parentRow: number, token: number): number => {
        parents.push(parentRow);
        tokens.push(token);
        return parents.length - 1;
      };
      beams = beams.map((beam) => growBeam(beam, session.scores, options, divisors, continueRow));
      if (parents.length === 0) return beams.map(({ best }) => [...best!.tokens]);
      session = session.advance(parents, tokens);
    }
  } finally {
    session.dispose();
  }
}
