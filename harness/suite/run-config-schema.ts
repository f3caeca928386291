/**
 * Validation of a run configuration (`RunConfig`) and of the overlays that arms and data sets lay over it.
 * Every object is strict: a key that nobody reads is an error, because a typo must not silently train the default.
 */
import { z } from 'zod';
import type { RunConfig } from '../../reference-model/training/recipe.js';

const positiveInteger = z.int().min(1);
const positive = z.number().gt(0);
const share = z.number().min(0).max(1);

export const dataSetName = z.enum(['tiny-scenes', 'easy-vqa', 'tiny-pathology']);
export const partSchema = z.enum(['vision', 'connector', 'language']);
const source = z.enum(['human-captions', 'ai-captions', 'questions', 'open-questions']);
const attentionMask = z.enum(['causal', 'visual-bidirectional', 'prefix-bidirectional']);
const initialization = z.enum(['pretrained', 'random']);

const vision = z.strictObject({
  imageSize: positiveInteger,
  patchSize: positiveInteger,
  hiddenSize: positiveInteger,
  intermediateSize: positiveInteger,
  layers: z.int().min(0),
  attentionHeads: positiveInteger,
  layerNormEpsilon: positive,
});
const connector = z.strictObject({ pixelShuffle: positiveInteger });
const language = z.strictObject({
  vocabularySize: positiveInteger,
  hiddenSize: positiveInteger,
  intermediateSize: positiveInteger,
  layers: positiveInteger,
  attentionHeads: positiveInteger,
  keyValueHeads: positiveInteger,
  rotaryBase: positive,
  rmsNormEpsilon: positive,
  maximumPositions: positiveInteger,
});
export const modelSchema = z.strictObject({ vision, connector, language });

const stage = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  steps: z.int().min(0),
  trainable: z.array(partSchema).min(1),
  learningRate: z.partialRecord(partSchema, positive),
  mixture: z.partialRecord(source, z.number().min(0)),
  attentionMask,
  data: dataSetName.exactOptional(),
  trainingShare: z.number().gt(0).max(1).exactOptional(),
  questionTypes: z.array(z.string().min(1)).min(1).exactOptional(),
  imageShift: z.int().min(0).exactOptional(),
});
const optimizer = z.strictObject({
  beta1: share,
  beta2: share,
  epsilon: positive,
  weightDecay: z.number().min(0),
  clipNorm: positive,
  warmupShare: share,
  finalShare: share,
});
const recipe = z.strictObject({
  batchSize: positiveInteger,
  microBatchSize: positiveInteger,
  optimizer,
  stages: z.array(stage).min(1),
  initialization: z.strictObject({ vision: initialization, language: initialization }),
  validateEverySteps: positiveInteger,
  validationExamples: positiveInteger,
  checkpointEverySteps: positiveInteger,
});
const generation = z.strictObject({
  strategy: z.enum(['greedy', 'beam']),
  beamWidth: positiveInteger,
  maximumNewTokens: positiveInteger,
  batchSize: positiveInteger,
});
const evaluation = z.strictObject({
  split: z.enum(['validation', 'test']),
  captionImages: z.int().min(0),
  questions: z.int().min(0),
});

/** A complete run configuration, for example the CONFIG.yaml of `vlm-bench train`. */
export const runConfigSchema = z
  .strictObject({
    data: z.strictObject({ name: dataSetName }),
    model: modelSchema,
    recipe,
    seed: z.int().min(0),
    generation,
    evaluation,
  })
  .superRefine((config, context) => {
    for (const { path, message } of inconsistencies(config))
      context.addIssue({ code: 'custom', path: [...path], message });
  });

/** What a scale of a suite states: everything of a run but its data set, its seed and (by the arm) its masks. */
export const scaleSchema = z.strictObject({
  model: modelSchema,
  recipe: recipe.extend({ stages: z.array(stage.partial({ attentionMask: true })).min(1) }),
  generation,
  evaluation,
});

/** Changes laid over a scale; stages are addressed by name, and `attentionMask` sets the mask of every stage. */
export const overlaySchema = z.strictObject({
  attentionMask: attentionMask.optional(),
  model: z
    .strictObject({ vision: vision.partial(), connector: connector.partial(), language: language.partial() })
    .partial()
    .optional(),
  recipe: recipe
    .omit({ stages: true, optimizer: true, initialization: true })
    .partial()
    .extend({
      optimizer: optimizer.partial().optional(),
      initialization: z.strictObject({ vision: initialization, language: initialization }).partial().optional(),
      stages: z.record(z.string(), stage.omit({ name: true }).partial()).optional(),
    })
    .optional(),
  generation: generation.partial().optional(),
  evaluation: evaluation.partial().optional(),
});

export type Scale = z.infer<typeof scaleSchema>;
export type Overlay = z.infer<typeof overlaySchema>;

interface Inconsistency {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Rules that tie several fields of a configuration together. */
function inconsistencies({ recipe, model }: RunConfig): readonly Inconsistency[] {
  const found: Inconsistency[] = [];
  if (recipe.batchSize % recipe.microBatchSize !== 0) {
    found.push({
      path: ['recipe', 'microBatchSize'],
      message: `must divide batchSize (${recipe.batchSize} is not a multiple of ${recipe.microBatchSize})`,
    });
  }
  if (model.vision.imageSize % (model.vision.patchSize * model.connector.pixelShuffle) !== 0) {
    found.push({ path: ['model', 'vision', 'imageSize'], message: 'must be a multiple of patchSize × pixelShuffle' });
  }
  for (const [part, { hiddenSize, attentionHeads }] of [
    ['vision', model.vision],
    ['language', model.language],
  ] as const) {
    if (hiddenSize % attentionHeads !== 0) {
      found.push({
        path: ['model', part, 'hiddenSize'],
        message: `must be a multiple of attentionHeads (${attentionHeads})`,
      });
    }
  }
  if (model.language.attentionHeads % model.language.keyValueHeads !== 0) {
    found.push({ path: ['model', 'language', 'keyValueHeads'], message: 'must divide attentionHeads' });
  }
  const names = new Set<string>();
  recipe.stages.forEach((stage, index) => {
    const at = ['recipe', 'stages', index] as const;
    if (names.has(stage.name))
      found.push({ path: [...at, 'name'], message: `names the stage "${stage.name}" a second time` });
    names.add(stage.name);
    for (const part of stage.trainable) {
      if (stage.learningRate[part] === undefined) {
        found.push({
          path: [...at, 'learningRate'],
          message: `must give a learning rate for the trainable part "${part}"`,
        });
      }
    }
    for (const part of Object.keys(stage.learningRate)) {
      if (!stage.trainable.some((trainable) => trainable === part)) {
        found.push({
          path: [...at, 'learningRate', part],
          message: `is given, but "${part}" is not among the trainable parts`,
        });
      }
    }
    if (!Object.values(stage.mixture).some((weight) => weight > 0)) {
      found.push({ path: [...at, 'mixture'], message: 'must give at least one source a weight above 0' });
    }
  });
  return found;
}
