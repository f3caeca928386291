/**
 * The model seen by a decoding strategy: rows of unfinished texts, the scores of their next tokens, and a way to continue some of
 * the rows by one token each. One implementation keeps keys and values, the other recomputes everything; both give the same texts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { MaskKind } from '../model/config.js';
import { languageModel, logitsOf } from '../model/language-model.js';
import type { Model } from '../model/model.js';
import { TOKEN_TABLE } from '../model/parameters.js';
import { buildBatch } from '../model/sequence.js';
import { runSequences } from '../model/sequence-loss.js';
import type { Sequence } from '../model/tokens.js';
import type { AttentionMask } from '../ops/attention-mask.js';
import { embeddingLookup } from '../ops/embedding-lookup.js';
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.js';
import { GenerationError } from './generation-error.js';
import { PreallocatedCache } from './key-value-cache.js';

/** Scores of every row's next token. */
export interface NextTokenScores {
  readonly rows: number;
  readonly vocabularySize: number;
  /** [rows, vocabularySize]. */
  readonly logits: Float32Array;
  /** log Σ exp(logits) of each row, so that a log-probability is logit − logNormaliser. */
  readonly logNormalisers: Float64Array;
}

export interface DecodingSession {
  readonly scores: NextTokenScores;
  /**
   * Replaces the rows: new row i is row `parents[i]` continued by `tokens[i]`. A parent may occur several times or not at all.
   * The result supersedes this session, which must not be used or disposed any more.
   */
  advance(parents: readonly number[], tokens: readonly number[]): DecodingSession;
  dispose(): void;
}

export interface SessionInput {
  readonly model: Model;
  /** One row each: images and prompt, no answer. */
  readonly sequences: readonly Sequence[];
  readonly maskKind: MaskKind;
  /** [images, V, D], indexed by the sequences' visual tokens. */
  readonly visualEmbeddings: tf.Tensor | undefined;
  /** The most that `advance` is called, and once more. */
  readonly maximumNewTokens: number;
}

const batchOf = ({ model: { config }, sequences, maskKind, visualEmbeddings }: SessionInput) =>
  buildBatch(sequences, maskKind, {
    vocabularySize: config.language.vocabularySize,
    maximumPositions: config.language.maximumPositions,
    visualTokensPerImage: visualEmbeddings?.shape[1] ?? 0,
    images: visualEmbeddings?.shape[0] ?? 0,
  });

/** Reads the scores that follow the given hidden states. */
function readScores(model: Model, hidden: tf.Tensor): NextTokenScores {
  const [logits, losses] = model.inference(() => {
    const scores = logitsOf(model, hidden); // [rows, vocabulary]
    // The cross-entropy of token 0 is log Σ exp − logit₀: the engine's own, deterministic log-sum-exp.
    return [scores, softmaxCrossEntropy(scores, tf.zeros([scores.shape[0]!], 'int32'))];
  });
  const [rows, vocabularySize] = logits!.shape as [number, number];
  const values = logits!.dataSync<'float32'>() as Float32Array;
  const logNormalisers = Float64Array.from(losses!.dataSync(), (loss, row) => loss + values[row * vocabularySize]!);
  const scores = { rows, vocabularySize, logits: values.slice(), logNormalisers };
  tf.dispose([logits!, losses!]);
  if (!logNormalisers.every(Number.isFinite)) {
    throw new GenerationError('the model gives scores that are not finite; its weights are broken.');
  }
  return scores;
}

/** Hidden states of each sequence's last token, [B, D]. */
function lastHidden(hidden: tf.Tensor, sequences: readonly Sequence[]): tf.Tensor {
  const [batch, length, channels] = hidden.shape as [number, number, number];
  const rows = sequences.map((sequence, b) => b * length + sequence.length - 1);
  return embeddingLookup(tf.reshape(hidden, [batch * length, channels]), tf.tensor1d(rows, 'int32'));
}

/** Every step runs the whole sequences again. */
export function uncachedSession(input: SessionInput): DecodingSession {
  const { model, sequences, visualEmbeddings } = input;
  const hidden = model.inference(() =>
    lastHidden(runSequences(model, batchOf(input), { visualEmbeddings }), sequences),
  );
  const scores = readScores(model, hidden);
  hidden.dispose();
  return {
    scores,
    advance(parents, tokens) {
      const continued = parents.map((parent, i): Sequence => {
        const sequence = sequences[parent]!;
        return [...sequence, { role: 'answer', id: tokens[i]!, document: sequence.at(-1)!.document }];
      });
      return uncachedSession({ ...input, sequences: continued });
    },
    dispose() {},
  };
}

interface CachedState {
  readonly model: Model;
  readonly cache: PreallocatedCache;
  /** Length of each row's prompt; the places between it and `promptPlaces` are padding. */
  readonly promptLengths: readonly number[];
  readonly promptPlaces: number;
  readonly generated: number;
}

/** A new token sees its row's prompt and all that was generated, but not the padding between. */
function continuationMask({
  promptLengths,
  promptPlaces,
  generated,
}: Omit<CachedState, 'model' | 'cache'>): AttentionMask {
  const places = promptPlaces + generated;
  const present = new Uint8Array(promptLengths.length * places);
  for (const [row, promptLength] of promptLengths.entries()) {
    present.fill(1, row * places, row * places + promptLength);
    present.fill(1, row * places + promptPlaces, (row + 1) * places);
  }
  return { kind: 'present', present };
}

function stateSession(scores: NextTokenScores, state: CachedState): DecodingSession {
  return {
    scores,
    dispose: () => state.cache.dispose(),
    advance(parents, tokens) {
      const { model } = state;
      const next = {
        promptLengths: parents.map((parent) => state.promptLengths[parent]!),
        promptPlaces: state.promptPlaces,
        generated: state.generated + 1,
      };
      const rows = parents.length;
      const cache = state.cache.pick(parents);
      const hidden = model.inference(() => {
        const ids = tf.tensor2d([...tokens], [rows, 1], 'int32');
        const positions = next.promptLengths.map((length) => length + state.generated);
        const output = languageModel(model, {
          embeddings: embeddingLookup(model.weights(TOKEN_TABLE), ids), // [R, 1, D]
          positions: tf.tensor2d(positions, [rows, 1], 'int32'),
          mask: continuationMask(next),
          cache,
        });
        return tf.reshape(output, [rows, -1]);
      });
      cache.advance(1);
      const nextScores = readScores(model, hidden);
      hidden.dispose();
      return stateSession(nextScores, { model, cache, ...next });
    },
  };
}

/** Prompts run once; every further step runs one new token per row against the kept keys and values. */
export function cachedSession(input: SessionInput): DecodingSession {
  const { model, sequences, visualEmbeddings, maximumNewTokens } = input;
  const batch = batchOf(input);
  // The last token is never run.
  const places = batch.length + maximumNewTokens - 1;
  const cache = PreallocatedCache.allocate(model.config.language, { rows: sequences.length, places });
  const hidden = model.inference(() => lastHidden(runSequences(model, batch, { visualEmbeddings, cache }), sequences));
  cache.advance(batch.length);
  const scores = readScores(model, hidden);
  hidden.dispose();
  return stateSession(scores, {
    model,
    cache,
    promptLengths: sequences.map(({ length }) => length),
    promptPlaces: batch.length,
    generated: 0,
  });
}
