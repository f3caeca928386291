/** Greedy decoding: every row takes its most probable token until the end token or the limit. */
import type { DecodingSession, NextTokenScores } from './decoding-session.js';

/** The token with the highest logit; the lowest id among equals. */
function mostProbable({ logits, vocabularySize }: NextTokenScores, row: number): number {
  const start = row * vocabularySize;
  let best = 0;
  for (let id = 1; id < vocabularySize; id++) if (logits[start + id]! > logits[start + best]!) best = id;
  return best;
}

/**
 * @param start owned by this function from here on
 * @param maximumNewTokens at least 1; counts the end token
 * @returns tokens of each row, without the end token
 */
export function greedySearch(
  start: DecodingSession,
  endTokens: ReadonlySet<number>,
  maximumNewTokens: number,
): number[][] {
  const texts: number[][] = Array.from({ length: start.scores.rows }, () => []);
  let session = start;
  let open = texts.map((_, row) => row); // which text each row of the session belongs to
  try {
    for (let step = 1; ; step++) {
      const chosen = open.map((_, row) => mostProbable(session.scores, row));
      const rows = chosen.flatMap((token, row) => (endTokens.has(token) ? [] : [row]));
      for (const row of rows) texts[open[row]!]!.push(chosen[row]!);
      // A row that ended leaves the batch.
      open = rows.map((row) => open[row]!);
      if (rows.length === 0 || step === maximumNewTokens) return texts;
      session = session.advance(
        rows,
        rows.map((row) => chosen[row]!),
      );
    }
  } finally {
    session.dispose();
  }
}
