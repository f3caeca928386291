/**
 * How much memory a training takes at its peak, from its configuration: parameters with their gradients and moments, what the forward pass
 * keeps for the backward one, and at the embedded scale the process with its data. An estimate: test/harness/planning/peak-memory.test.ts
 * holds it against measured runs.
 */
import type { EngineName } from '../../reference-model/engines/engine.js';
import {
  type ModelConfig,
  type Part,
  patchesPerSide,
  visualTokensPerImage,
} from '../../reference-model/model/config.js';
import { parameterCount } from '../../reference-model/model/parameter-count.js';
import {
  batchSizes,
  isTextStage,
  type RunConfig,
  type Stage,
  type TextsPerImage,
} from '../../reference-model/recipe/recipe.js';
import type { DataSets } from '../../reference-model/training/stage-data.js';
import { type EngineMemory, engineMemory, type Keeping } from './engine-memory.js';
import type { RunProcesses } from './run-processes.js';

export interface PassSize {
  /** Examples of one forward pass on one device. */
  readonly examples: number;
  /** Positions of one example: visual and text tokens. */
  readonly sequenceLength: number;
  /** Positions of one example whose next token is scored. */
  readonly answerTokens: number;
}

/**
 * Numbers that one layer keeps for a token: inputs of every matrix product and of both norms (Korthikanti et al. 2022, arXiv 2205.05198,
 * section 4.1, without dropout; a gated MLP has three inner activations).
 */
function keptPerToken(
  { width, keyValue, intermediate, gated }: LayerSize,
  { heads, keys }: { readonly heads: number; readonly keys: number },
  probabilities: boolean,
): number {
  return 6 * width + 2 * keyValue + (gated ? 3 : 2) * intermediate + (probabilities ? heads * keys : 0);
}

interface LayerSize {
  readonly width: number;
  readonly keyValue: number;
  readonly intermediate: number;
  readonly gated: boolean;
}

/** Bytes of what a forward pass keeps. A frozen encoder keeps nothing; whatever is trained, gradients pass through the language model. */
export function activationBytes(
  { vision, language, connector }: ModelConfig,
  trainable: readonly Part[],
  { examples, sequenceLength, answerTokens }: PassSize,
  { bytesPerNumber, probabilities, kept = 'everything', scoresAtOnce = Number.POSITIVE_INFINITY }: Keeping,
): number {
  const patches = patchesPerSide(vision) ** 2;
  const encoder = {
    width: vision.hiddenSize,
    keyValue: vision.hiddenSize,
    intermediate: vision.intermediateSize,
    gated: false,
  };
  const perPatch = keptPerToken(encoder, { heads: vision.attentionHeads, keys: patches }, probabilities);
  // Where blocks are computed again, one of them at a time has all that it needs.
  const blocks = (layers: number, positions: number, width: number, perPosition: number): number =>
    positions * (kept === 'everything' ? layers * perPosition : layers * width + perPosition);
  const inVision = trainable.includes('vision') ? blocks(vision.layers, patches, vision.hiddenSize, perPatch) : 0;
  const visual = patches / connector.pixelShuffle ** 2;
  const inConnector = visual * (vision.hiddenSize * connector.pixelShuffle ** 2 + 2 * language.hiddenSize);
  const decoder = {
    width: language.hiddenSize,
    keyValue: (language.hiddenSize / language.attentionHeads) * language.keyValueHeads,
    intermediate: language.intermediateSize,
    gated: true,
  };
  const perToken = keptPerToken(decoder, { heads: language.attentionHeads, keys: sequenceLength }, probabilities);
  const inLanguage = blocks(language.layers, sequenceLength, language.hiddenSize, perToken);
  // Scores of the next token and their gradient are float32 everywhere.
  const scores = 2 * 4 * Math.min(scoresAtOnce, examples * answerTokens * language.vocabularySize);
  return examples * bytesPerNumber * (inVision + inConnector + inLanguage) + scores;
}

/** Of a caption, a question or an answer in memory. */
const bytesPerText = 450;

/** Bytes of one process and, at last, of all of a run that share a machine. */
export interface PeakMemory {
  readonly engine: EngineName;
  /** How many there are on the machine. */
  readonly processes: number;
  readonly process: number;
  readonly data: number;
  /** Weights, gradients and both moments. */
  readonly parameters: number;
  /** Of its share of a step. */
  readonly activations: number;
  readonly total: number;
}

/** Of a run of the embedded scale, whose process holds its data. */
export function peakMemory(
  { model, recipe }: RunConfig,
  dataSets: DataSets,
  memory: EngineMemory = engineMemory('wasm'),
  { ranks, here }: RunProcesses = { ranks: 1, here: 1 },
): PeakMemory {
  const counts = parameterCount(model);
  const count = (parts: readonly Part[]) => parts.reduce((sum, part) => sum + counts[part], 0);
  const stages = recipe.stages.filter(({ steps }) => steps > 0);
  const trained = Math.max(0, ...stages.map(({ trainable }) => count([...new Set(trainable)])));
  const text = model.language.maximumPositions - visualTokensPerImage(model);
  const pass = (stage: Stage): PassSize => ({
    examples: passOfRank(batchSizes(recipe, stage), ranks, isTextStage(stage) ? stage : {}),
    sequenceLength: model.language.maximumPositions,
    answerTokens: Math.max(0, text),
  });
  const activations = Math.max(
    0,
    ...stages.map((stage) => activationBytes(model, stage.trainable, pass(stage), memory)),
  );
  const parts = {
    process: memory.processBytes,
    data: Object.values(dataSets).reduce((sum, data) => sum + (data === undefined ? 0 : dataBytes(data)), 0),
    parameters:
      memory.bytesPerFrozen * (count(['vision', 'connector', 'language']) - trained) +
      (memory.bytesPerLearning - memory.bytesDivided * (1 - 1 / ranks)) * trained,
    activations,
  };
  const each = parts.process + parts.data + parts.parameters + parts.activations;
  return { engine: memory.engine, processes: here, ...parts, total: here * each };
}

/**
 * Examples of a pass on one of several ranks, which may have fewer than a pass could hold. Ranks are dealt images, each with all of its
 * texts in the step.
 */
export function passOfRank(
  { batchSize, microBatchSize }: { readonly batchSize: number; readonly microBatchSize: number },
  ranks: number,
  { questionsPerImage = 1, captionsPerImage = 1 }: { readonly [Name in keyof TextsPerImage]: number | undefined } = {},
): number {
  const together = Math.max(questionsPerImage, captionsPerImage);
  const images = Math.ceil(batchSize / together);
  return Math.min(microBatchSize, batchSize, Math.ceil(images / ranks) * together);
}

/** Pixels that are read from files as they are needed count for nothing. */
function dataBytes({ splits }: NonNullable<DataSets[string]>): number {
  let bytes = 0;
  for (const samples of Object.values(splits)) {
    for (const sample of samples) {
      const { humanCaptions, aiCaptions, questions } = sample;
      if ('image' in sample) bytes += (sample.image as { readonly pixels: Uint8Array }).pixels.byteLength;
      bytes += bytesPerText * (humanCaptions.length + aiCaptions.length + 2 * questions.length);
    }
  }
  return bytes;
}
