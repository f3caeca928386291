/** Text from images and prompts: one call decodes a whole batch, greedily or by beam search, under the mask the model was trained with. */
import type * as tf from '@tensorflow/tfjs-core';
import type { MaskKind } from '../model/config.js';
import type { Model } from '../model/model.js';
import { imageTextSequence } from '../model/sequence.js';
import type { Sequence } from '../model/tokens.js';
import { beamSearch } from './beam-search.js';
import { cachedSession, uncachedSession } from './decoding-session.js';
import { GenerationError } from './generation-error.js';
import { greedySearch } from './greedy-search.js';

type DecodingStrategy =
  | { readonly kind: 'greedy' }
  | {
      readonly kind: 'beam';
      readonly width: number;
      /** Exponent of the length that divides a text's log-probability; 1 by default. */
      readonly lengthPenalty?: number;
    };

/** How texts are continued. */
interface DecodingRequest {
  /** [images, V, D] from `connect`; absent for text only. */
  readonly visualEmbeddings?: tf.Tensor | undefined;
  readonly maskKind: MaskKind;
  /** What ends a text: a token, or any of several. */
  readonly endToken: number | readonly number[];
  /** The end token counts. */
  readonly maximumNewTokens: number;
  readonly strategy?: DecodingStrategy;
  /** Keep keys and values (the default) or run the whole sequence at every step: the texts are the same. */
  readonly useCache?: boolean;
}

export interface GenerationRequest extends DecodingRequest {
  /** Token ids, one list per text to generate; each follows the tokens of its image. */
  readonly prompts: readonly (readonly number[])[];
  /** Image of each prompt, as an index into `visualEmbeddings`; by default prompt i belongs to image i. */
  readonly imageOfPrompt?: readonly number[];
}

export interface SequenceRequest extends DecodingRequest {
  /** Images and prompts, one per text to generate; visual tokens may stand anywhere. */
  readonly sequences: readonly Sequence[];
}

function checkRequest(model: Model, { sequences, maximumNewTokens, strategy }: SequenceRequest): void {
  const longest = sequences.reduce((most, { length }) => Math.max(most, length), 0);
  const { maximumPositions } = model.config.language;
  if (!Number.isInteger(maximumNewTokens) || maximumNewTokens < 1) {
    throw new GenerationError(`maximumNewTokens must be a positive integer, got ${maximumNewTokens}.`);
  }
  if (longest + maximumNewTokens > maximumPositions) {
    throw new GenerationError(
      `a prompt of ${longest} tokens and ${maximumNewTokens} new ones exceed the model's ${maximumPositions} positions.`,
    );
  }
  if (strategy?.kind === 'beam' && (!Number.isInteger(strategy.width) || strategy.width < 1)) {
    throw new GenerationError(`the beam width must be a positive integer, got ${strategy.width}.`);
  }
  if (sequences.some(({ length }) => length === 0)) {
    throw new GenerationError('a prompt without tokens needs an image.');
  }
}

/**
 * Generates one text per prompt. Whatever else is in the batch, and whether or not keys and values are kept, a text does not
 * depend on it but for the rounding of float32 sums.
 *
 * @returns token ids of each text, without prompt and end token
 * @throws GenerationError | SequenceError
 */
export function generate(model: Model, { prompts, imageOfPrompt, ...request }: GenerationRequest): number[][] {
  const visualTokens = request.visualEmbeddings?.shape[1] ?? 0;
  const sequences = prompts.map((prompt, i) =>
    imageTextSequence({ image: imageOfPrompt?.[i] ?? i, visualTokens, prompt }),
  );
  return generateFrom(model, { ...request, sequences });
}

/**
 * As `generate`, for prompts in which images stand anywhere.
 *
 * @throws GenerationError | SequenceError
 */
export function generateFrom(model: Model, request: SequenceRequest): number[][] {
  checkRequest(model, request);
  const { visualEmbeddings, sequences, maskKind, maximumNewTokens } = request;
  const endTokens = new Set([request.endToken].flat());
  const { strategy = { kind: 'greedy' }, useCache = true } = request;
  if (sequences.length === 0) return [];
  const startSession = useCache ? cachedSession : uncachedSession;
  const session = startSession({ model, sequences, maskKind, visualEmbeddings, maximumNewTokens });
  switch (strategy.kind) {
    case 'greedy':
      return greedySearch(session, endTokens, maximumNewTokens);
    case 'beam': {
      const { width, lengthPenalty = 1 } = strategy;
      return beamSearch(session, { width, lengthPenalty, endTokens, maximumNewTokens });
    }
    default:
      return strategy satisfies never;
  }
}
