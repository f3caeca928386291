/**
 * Sequences of text and visual tokens as plain data, and the batches built from them: what to look up, where each token stands,
 * who sees whom, and which rows have a target. Sequences are padded on the right to the longest of the batch.
 */
import type { SegmentMask } from '../ops/attention-mask.js';
import type { MaskKind } from './config.js';
import { sequenceMask } from './masks.js';
import type { Sequence, Token } from './tokens.js';

/** Tokens of one image followed by a prompt and, in training, an answer that ends with the end token. */
export function imageTextSequence({
  image,
  visualTokens,
  prompt,
  answer = [],
}: {
  readonly image: number;
  readonly visualTokens: number;
  readonly prompt: readonly number[];
  readonly answer?: readonly number[];
}): Sequence {
  const document = 0;
  return [
    ...Array.from({ length: visualTokens }, (_, index): Token => ({ role: 'visual', image, index, document })),
    ...prompt.map((id): Token => ({ role: 'prompt', id, document })),
    ...answer.map((id): Token => ({ role: 'answer', id, document })),
  ];
}

/** Concatenates sequences into one whose parts do not see each other. */
export function packSequences(sequences: readonly Sequence[]): Sequence {
  let first = 0;
  return sequences.flatMap((sequence) => {
    const packed = sequence.map((token) => ({ ...token, document: token.document + first }));
    first = packed.reduce((next, { document }) => Math.max(next, document + 1), first);
    return packed;
  });
}

/** A batch ready to be put on the engine. Arrays are row-major. */
export interface SequenceBatch {
  readonly batchSize: number;
  /** T: the longest sequence. */
  readonly length: number;
  /** Ids of all text tokens, in order. */
  readonly textIds: Int32Array;
  /** [B, T]: row of (text embeddings, then visual embeddings) at each position; 0 at padding. */
  readonly order: Int32Array;
  /** [B, T]: place within the document; 0 at padding. */
  readonly positions: Int32Array;
  /** Who sees whom among the T positions of each sequence. */
  readonly mask: SegmentMask;
  /** Rows of [B·T] whose next token is a target. */
  readonly targetRows: Int32Array;
  /** The target of each of those rows. */
  readonly labels: Int32Array;
  /** Positions that are not padding. */
  readonly tokens: number;
}

/** A sequence that does not fit the model. */
export class SequenceError extends Error {
  readonly code = 'sequence';

  constructor(sequence: number, problem: string) {
    super(`Sequence ${sequence} of the batch: ${problem}`);
    this.name = 'SequenceError';
  }
}

/** What a batch must fit. */
export interface SequenceLimits {
  readonly vocabularySize: number;
  readonly maximumPositions: number;
  readonly visualTokensPerImage: number;
  /** Images of the batch. */
  readonly images: number;
}

function checkToken(token: Token, sequence: number, limits: SequenceLimits): void {
  if (token.role !== 'visual') {
    if (!Number.isInteger(token.id) || token.id < 0 || token.id >= limits.vocabularySize) {
      throw new SequenceError(sequence, `token id ${token.id} is outside the vocabulary of ${limits.vocabularySize}.`);
    }
    return;
  }
  if (
    token.image < 0 ||
    token.image >= limits.images ||
    token.index < 0 ||
    token.index >= limits.visualTokensPerImage
  ) {
    throw new SequenceError(
      sequence,
      `visual token ${token.index} of image ${token.image} does not exist: the batch has ${limits.images} images of ${limits.visualTokensPerImage} tokens.`,
    );
  }
}

/** Place of each token within its document. @throws SequenceError */
function documentPositions(sequence: Sequence, index: number, { maximumPositions }: SequenceLimits): number[] {
  const seen = new Set<number>();
  let start = 0;
  return sequence.map(({ document }, i) => {
    if (i === 0 || document !== sequence[i - 1]!.document) {
      if (seen.has(document)) throw new SequenceError(index, `the tokens of document ${document} are not adjacent.`);
      seen.add(document);
      start = i;
    }
    if (i - start >= maximumPositions) {
      throw new SequenceError(index, `document ${document} is longer than the model's ${maximumPositions} positions.`);
    }
    return i - start;
  });
}

/**
 * Builds a batch.
 *
 * @throws SequenceError when a token, an image or a length is outside the limits
 */
export function buildBatch(sequences: readonly Sequence[], maskKind: MaskKind, limits: SequenceLimits): SequenceBatch {
  const length = sequences.reduce((longest, sequence) => Math.max(longest, sequence.length), 0);
  const textCount = sequences.flat().filter(({ role }) => role !== 'visual').length;
  const textIds = new Int32Array(textCount);
  const order = new Int32Array(sequences.length * length);
  const positions = new Int32Array(sequences.length * length);
  const targetRows: number[] = [];
  const labels: number[] = [];
  let text = 0;
  for (const [b, sequence] of sequences.entries()) {
    positions.set(documentPositions(sequence, b, limits), b * length);
    for (const [t, token] of sequence.entries()) {
      checkToken(token, b, limits);
      const row = b * length + t;
      if (token.role === 'visual') {
        order[row] = textCount + token.image * limits.visualTokensPerImage + token.index;
        continue;
      }
      order[row] = text;
      textIds[text++] = token.id;
      if (token.role === 'answer' && t > 0 && sequence[t - 1]!.document === token.document) {
        targetRows.push(row - 1);
        labels.push(token.id);
      }
    }
  }
  return {
    batchSize: sequences.length,
    length,
    textIds,
    order,
    positions,
    mask: sequenceMask(sequences, maskKind, length),
    targetRows: Int32Array.from(targetRows),
    labels: Int32Array.from(labels),
    tokens: sequences.reduce((sum, sequence) => sum + sequence.length, 0),
  };
}
