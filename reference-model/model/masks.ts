/**
 * Attention masks as data: which position of a sequence may attend to which, for each mask kind of `config.ts`. No position ever
 * attends across documents of a packed sequence, to padding, or from padding.
 */
import type { MaskKind } from './config.js';
import type { Token } from './tokens.js';

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

/** Says whether position `from` may attend to position `to` of the same sequence. */
export function attentionRule(tokens: readonly Token[], maskKind: MaskKind): (from: number, to: number) => boolean {
  const sameDocument = (from: number, to: number): boolean => tokens[from]!.document === tokens[to]!.document;
  switch (maskKind) {
    case 'causal':
      return (from, to) => to <= from && sameDocument(from, to);
    case 'visual-bidirectional':
      return (from, to) => {
        if (!sameDocument(from, to)) return false;
        if (to <= from) return true;
        const source = tokens[from]!;
        const target = tokens[to]!;
        return source.role === 'visual' && target.role === 'visual' && source.image === target.image;
      };
    case 'prefix-bidirectional': {
      const runs = prefixRuns(tokens);
      return (from, to) => sameDocument(from, to) && (to <= from || (runs[from]! >= 0 && runs[from] === runs[to]));
    }
    default:
      return maskKind satisfies never;
  }
}

/**
 * The masks of a batch, padded on the right.
 *
 * @param length T, at least that of the longest sequence
 * @returns 0 or 1 per [B, T, T]: row = the position that attends
 */
export function denseMask(sequences: readonly (readonly Token[])[], maskKind: MaskKind, length: number): Uint8Array {
  const mask = new Uint8Array(sequences.length * length * length);
  for (const [b, tokens] of sequences.entries()) {
    const mayAttend = attentionRule(tokens, maskKind);
    for (let from = 0; from < tokens.length; from++) {
      const row = (b * length + from) * length;
      for (let to = 0; to < tokens.length; to++) if (mayAttend(from, to)) mask[row + to] = 1;
    }
  }
  return mask;
}
