/**
 * The model seen by a decoding strategy: rows of unfinished texts, the scores of their next tokens, and a way to continue some of
 * the rows by one token each. One implementation keeps keys and values, the other recomputes everything; both give the same texts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { MaskKind } from '../model/config.js';
import { type KeyValueCache, languageModel, logitsOf } from '../model/language-model.js';
import type { Model } from '../model/model.js';
import { TOKEN_TABLE, weightOf } from '../model/parameters.js';
import { buildBatch } from '../model/sequence.js';
import { runSequences } from '../model/sequence-loss.js';
import type { Sequence } from '../model/tokens.js';
import { embeddingLookup } from '../ops/embedding-lookup.js';
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.js';
import { GenerationError } from './generation-error.js';

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
  const [logits, losses] = tf.tidy(() => {
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
  const hidden = tf.tidy(() => {
    const output = runSequences(input.model, batchOf(input), input.visualEmbeddings);
    return lastHidden(output.hidden, input.sequences);
  });
  const scores = readScores(input.model, hidden);
  hidden.dispose();
  return {
    scores,
    advance(parents, tokens) {
      const sequences = parents.map((parent, i): Sequence => {
        const sequence = input.sequences[parent]!;
        return [...sequence, { role: 'answer', id: tokens[i]!, document: sequence.at(-1)!.document }];
      });
      return uncachedSession({ ...input, sequences });
    },
    dispose() {},
  };
}

interface CachedState {
  readonly model: Model;
  readonly cache: KeyValueCache;
  /** Length of each row's prompt; the cache slots between it and `promptSlots` are padding. */
  readonly promptLengths: readonly number[];
  readonly promptSlots: number;
  readonly generated: number;
}

const cacheTensors = ({ layers }: KeyValueCache): tf.Tensor[] => layers.flatMap(({ key, value }) => [key, value]);

/** Picks rows of [R, S, G, D]. */
function pickRows(x: tf.Tensor, rows: tf.Tensor): tf.Tensor {
  const [count, slots, groups, channels] = x.shape as [number, number, number, number];
  const flat = embeddingLookup(tf.reshape(x, [count, slots * groups * channels]), rows);
  return tf.reshape(flat, [rows.shape[0]!, slots, groups, channels]);
}

function pickCache(cache: KeyValueCache, parents: readonly number[]): KeyValueCache {
  const isIdentity = parents.length === cache.layers[0]?.key.shape[0] && parents.every((parent, i) => parent === i);
  if (isIdentity) return cache;
  const rows = tf.tensor1d([...parents], 'int32');
  return { layers: cache.layers.map(({ key, value }) => ({ key: pickRows(key, rows), value: pickRows(value, rows) })) };
}

/** bool [R, 1, slots]: a new token sees its row's prompt and all that was generated, but not the padding between. */
function continuationMask({ promptLengths, promptSlots, generated }: Omit<CachedState, 'model' | 'cache'>): tf.Tensor {
  const slots = promptSlots + generated;
  const mask = new Uint8Array(promptLengths.length * slots);
  for (const [row, promptLength] of promptLengths.entries()) {
    mask.fill(1, row * slots, row * slots + promptLength);
    mask.fill(1, row * slots + promptSlots, (row + 1) * slots);
  }
  return tf.tensor3d(mask, [promptLengths.length, 1, slots], 'bool');
}

function stateSession(scores: NextTokenScores, state: CachedState): DecodingSession {
  const dispose = (): void => tf.dispose(cacheTensors(state.cache));
  return {
    scores,
    dispose,
    advance(parents, tokens) {
      const { model } = state;
      const next = {
        promptLengths: parents.map((parent) => state.promptLengths[parent]!),
        promptSlots: state.promptSlots,
        generated: state.generated + 1,
      };
      const rows = parents.length;
      const [hidden, ...tensors] = tf.tidy(() => {
        const ids = tf.tensor2d([...tokens], [rows, 1], 'int32');
        const positions = next.promptLengths.map((length) => length + state.generated);
        const output = languageModel(model, {
          embeddings: embeddingLookup(weightOf(model.parameters, TOKEN_TABLE), ids), // [R, 1, D]
          positions: tf.tensor2d(positions, [rows, 1], 'int32'),
          mask: continuationMask(next),
          cache: pickCache(state.cache, parents),
        });
        return [tf.reshape(output.hidden, [rows, -1]), ...cacheTensors(output.cache)];
      });
      dispose();
      const nextScores = readScores(model, hidden!);
      hidden!.dispose();
      return stateSession(nextScores, { model, cache: cacheFrom(tensors), ...next });
    },
  };
}

/** Inverse of `cacheTensors`. */
function cacheFrom(tensors: readonly tf.Tensor[]): KeyValueCache {
  return {
    layers: Array.from({ length: tensors.length / 2 }, (_, i) => ({
      key: tensors[2 * i]!,
      value: tensors[2 * i + 1]!,
    })),
  };
}

/** Prompts run once; every further step runs one new token per row against the kept keys and values. */
export function cachedSession(input: SessionInput): DecodingSession {
  const { model, sequences } = input;
  const batch = batchOf(input);
  const [hidden, ...tensors] = tf.tidy(() => {
    const output = runSequences(model, batch, input.visualEmbeddings);
    return [lastHidden(output.hidden, sequences), ...cacheTensors(output.cache)];
  });
  const scores = readScores(model, hidden!);
  hidden!.dispose();
  return stateSession(scores, {
    model,
    cache: cacheFrom(tensors),
    promptLengths: sequences.map(({ length }) => length),
    promptSlots: batch.length,
    generated: 0,
  });
}
