/**
 * Sequences of text and visual tokens as plain data, and the batches built from them: what to look up, where each token stands,
 * who sees whom, and which rows have a target. Sequences are padded on the right to the longest of the batch.
 */
import type { SegmentMask } from '../ops/attention-mask.js';
import type { MaskKind } from './config.js';
import { branchOf, sequenceMask } from './masks.js';
import type { Sequence, Token } from './tokens.js';

/** Tokens of one image, with what a template has in front of it, followed by a prompt and, in training, an answer that ends with the end token. */
export function imageTextSequence({
  image,
  visualTokens,
  before = [],
  prompt,
  answer = [],
}: {
  readonly image: number;
  readonly visualTokens: number;
  readonly before?: readonly number[];
  readonly prompt: readonly number[];
  readonly answer?: readonly number[];
}): Sequence {
  const document = 0;
  return [
    ...before.map((id): Token => ({ role: 'prompt', id, document })),
    ...Array.from({ length: visualTokens }, (_, index): Token => ({ role: 'visual', image, index, document })),
    ...prompt.map((id): Token => ({ role: 'prompt', id, document })),
    ...answer.map((id): Token => ({ role: 'answer', id, document })),
  ];
}

/** Tokens of one image and a beginning, followed by branches that continue it without seeing each other. */
export function branchedSequence({
  image,
  visualTokens,
  before = [],
  beginning,
  branches,
}: {
  readonly image: number;
  readonly visualTokens: number;
  readonly before?: readonly number[];
  readonly beginning: readonly number[];
  readonly branches: readonly { readonly prompt: readonly number[]; readonly answer: readonly number[] }[];
}): Sequence {
  return [
    ...imageTextSequence({ image, visualTokens, before, prompt: beginning }),
    ...branches.flatMap(({ prompt, answer }, branch): Token[] => [
      ...prompt.map((id): Token => ({ role: 'prompt', id, branch, document: 0 })),
      ...answer.map((id): Token => ({ role: 'answer', id, branch, document: 0 })),
    ]),
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
  /** [B, T]: place within the document, of a branch as if it were the only one; 0 at padding. */
  readonly positions: Int32Array;
  /** Who sees whom among the T positions of each sequence. */
  readonly mask: SegmentMask;
  /** Rows of [B·T] whose next token, or that of one of their branches, is a target. */
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

/** Where a token stands. */
interface Place {
  /** Within its document, as if its branch were the only one. */
  readonly position: number;
  /** Index of the token that it continues; −1 for the first of a document. */
  readonly previous: number;
}

/** @throws SequenceError where documents or branches are torn apart, or one is too long */
function placesOf(sequence: Sequence, index: number, { maximumPositions }: SequenceLimits): readonly Place[] {
  const documents = new Set<number>();
  let branches = new Set<number>();
  let shared = -1; // the last token in front of all branches
  const places: Place[] = [];
  for (const [i, token] of sequence.entries()) {
    const { document } = token;
    const branch = branchOf(token);
    const isNew = i === 0 || document !== sequence[i - 1]!.document;
    if (isNew) {
      if (documents.has(document))
        throw new SequenceError(index, `the tokens of document ${document} are not adjacent.`);
      documents.add(document);
      branches = new Set();
      shared = -1;
    }
    const isContinued = !isNew && branch === branchOf(sequence[i - 1]!);
    const previous = isContinued ? i - 1 : shared;
    const isTorn = branch === undefined ? branches.size > 0 : !isContinued && branches.has(branch);
    if (isTorn)
      throw new SequenceError(index, `the branches of document ${document} are not adjacent, or not at its end.`);
    if (branch === undefined) shared = i;
    else branches.add(branch);
    const position = previous < 0 ? 0 : places[previous]!.position + 1;
    if (position >= maximumPositions) {
      throw new SequenceError(index, `document ${document} is longer than the model's ${maximumPositions} positions.`);
    }
    places.push({ position, previous });
  }
  return places;
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
    const places = placesOf(sequence, b, limits);
    if (maskKind === 'prefix-bidirectional' && sequence.some((token) => branchOf(token) !== undefined)) {
      throw new SequenceError(b, 'branches cannot share an image that sees their questions (prefix-bidirectional).');
    }
    for (const [t, token] of sequence.entries()) {
      const { position, previous } = places[t]!;
      positions[b * length + t] = position;
      checkToken(token, b, limits);
      const row = b * length + t;
      if (token.role === 'visual') {
        order[row] = textCount + token.image * limits.visualTokensPerImage + token.index;
        continue;
      }
      order[row] = text;
      textIds[text++] = token.id;
      if (token.role === 'answer' && previous >= 0) {
        targetRows.push(b * length + previous);
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
