/**
 * The mask kinds of `config.ts` as descriptions: which position of a sequence may attend to which. No position ever attends across
 * documents of a packed sequence, to padding, or from padding.
 */
import { type SegmentMask, sees } from '../ops/attention-mask.js';
import type { MaskKind } from './config.js';
import type { Sequence, Token } from './tokens.js';

/**
 * For each position, the run of image and prompt tokens it belongs to; answers belong to none (−1). An answer ends a run, so
 * that in a dialogue no earlier turn sees a later question.
 */
function prefixRuns(tokens: readonly Token[]): Int32Array {
  const runs = new Int32Array(tokens.length).fill(-1);
  let run = 0;
  for (const [i, token] of tokens.entries()) {
    if (i > 0 && (token.role === 'answer' || token.document !== tokens[i - 1]!.document)) run += 1;
    if (token.role !== 'answer') runs[i] = run;
  }
  return runs;
}

/** For each position, which of the positions of its document it sees both ways, as the number of a group; −1 for none. */
function groupsOf(tokens: readonly Token[], maskKind: MaskKind): Int32Array {
  switch (maskKind) {
    case 'causal':
      return new Int32Array(tokens.length).fill(-1);
    case 'visual-bidirectional':
      return Int32Array.from(tokens, (token) => (token.role === 'visual' ? token.image : -1));
    case 'prefix-bidirectional':
      return prefixRuns(tokens);
    default:
      return maskKind satisfies never;
  }
}

/**
 * The mask of a batch, padded on the right.
 *
 * @param length T, at least that of the longest sequence
 */
export function sequenceMask(sequences: readonly Sequence[], maskKind: MaskKind, length: number): SegmentMask {
  const documents = new Int32Array(sequences.length * length).fill(-1);
  const groups = new Int32Array(sequences.length * length).fill(-1);
  for (const [b, tokens] of sequences.entries()) {
    const numbers = new Map<number, number>();
    for (const [t, { document }] of tokens.entries()) {
      if (!numbers.has(document)) numbers.set(document, numbers.size);
      documents[b * length + t] = numbers.get(document)!;
    }
    groups.set(groupsOf(tokens, maskKind), b * length);
  }
  const mask = { kind: 'segments', documents, groups } as const;
  if (!sequences.some((tokens) => tokens.some((token) => branchOf(token) !== undefined))) return mask;
  const branches = new Int32Array(sequences.length * length).fill(-1);
  for (const [b, tokens] of sequences.entries()) {
    branches.set(
      tokens.map((token) => branchOf(token) ?? -1),
      b * length,
    );
  }
  return { ...mask, branches };
}

/** Visual tokens stand in front of all branches. */
export function branchOf(token: Token): number | undefined {
  return token.role === 'visual' ? undefined : token.branch;
}

/** Says whether position `from` may attend to position `to` of the same sequence. */
export function attentionRule(tokens: Sequence, maskKind: MaskKind): (from: number, to: number) => boolean {
  const mask = sequenceMask([tokens], maskKind, tokens.length);
  return (from, to) => sees(mask, from, to);
}
