/**
 * Validation of a run configuration (`RunConfig`) and of the overlays that arms and data sets lay over it.
 * Every object is strict: a key that nobody reads is an error, because a typo must not silently train the default.
 */
import { z } from 'zod';
import { EMBEDDED_DATA_SETS } from '../../reference-model/data/registry.js';
import { MASK_KINDS } from '../../reference-model/model/config.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { VALIDATED_SOURCES } from '../../reference-model/recipe/stage-validation.js';
import { inconsistencies } from './checks/config-rules.js';

// Upper bounds are far beyond what can be trained: they keep a slip of the hand from filling the memory of whoever plans it.
const upTo = (most: number) => z.int().min(1).max(most);
const fromZeroTo = (most: number) => z.int().min(0).max(most);
const mostSteps = 1_000_000;
const mostExamples = 1_000_000;
const positive = z.number().gt(0);
const share = z.number().min(0).max(1);

export const dataSetName = z.enum(EMBEDDED_DATA_SETS.map(({ name }) => name));
/** Of the registry, or one that a user has declared. */
export const anyDataSetName = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/);
export const partSchema = z.enum(['vision', 'connector', 'language']);
const source = z.enum(['human-captions', 'ai-captions', 'questions', 'open-questions']);
const maskKind = z.enum(MASK_KINDS);
const initialization = z.enum(['pretrained', 'random']);

const activation = z.enum(['gelu-tanh', 'gelu', 'quick-gelu']);
const vision = z.strictObject({
  imageSize: upTo(4096),
  patchSize: upTo(4096),
  hiddenSize: upTo(65_536),
  intermediateSize: upTo(1_048_576),
  layers: fromZeroTo(1024),
  attentionHeads: upTo(1024),
  layerNormEpsilon: positive,
  family: z.enum(['siglip', 'clip']).exactOptional(),
  ignoresRemainder: z
    .boolean()
    .exactOptional()
    .describe('Pixels at the right and the lower edge may fill no whole patch, and are not seen then.'),
  activation: activation.exactOptional(),
  finalNorm: z.boolean().exactOptional(),
  dropFirstToken: z.boolean().exactOptional(),
});
const connector = z.strictObject({ pixelShuffle: upTo(64), activation: activation.exactOptional() });
const language = z.strictObject({
  vocabularySize: upTo(4_194_304),
  hiddenSize: upTo(65_536),
  intermediateSize: upTo(1_048_576),
  layers: upTo(1024),
  attentionHeads: upTo(1024),
  keyValueHeads: upTo(1024),
  rotaryBase: positive,
  rmsNormEpsilon: positive,
  maximumPositions: upTo(4_194_304),
  attentionBias: z.enum(['query-key-value', 'all', 'none']).exactOptional(),
  tiedHead: z.boolean().exactOptional(),
  rotaryScaling: z
    .strictObject({
      factor: positive,
      lowFrequencyFactor: positive,
      highFrequencyFactor: positive,
      originalMaximumPositions: upTo(4_194_304),
    })
    .exactOptional(),
});
export const modelSchema = z.strictObject({ vision, connector, language });

const stageValidation = z.strictObject({
  everySteps: upTo(mostSteps).exactOptional(),
  examples: upTo(mostExamples).exactOptional(),
  sources: z.array(z.enum(VALIDATED_SOURCES)).exactOptional(),
  atEnds: z.boolean().exactOptional(),
});
export const stageSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  kind: z
    .enum(['texts', 'words'])
    .exactOptional()
    .describe(
      '`words` aligns visual tokens with the words of what they show, without the language model and its mask.',
    ),
  steps: fromZeroTo(mostSteps),
  trainable: z.array(partSchema).min(1),
  learningRate: z.partialRecord(partSchema, positive),
  mixture: z.partialRecord(source, z.number().min(0)).exactOptional(),
  attentionMask: maskKind.exactOptional(),
  data: anyDataSetName.exactOptional(),
  trainingShare: z.number().gt(0).max(1).exactOptional(),
  questionTypes: z.array(z.string().min(1)).min(1).exactOptional(),
  imageShift: fromZeroTo(4096).exactOptional(),
  imageMirror: z
    .literal(true)
    .exactOptional()
    .describe('Show half of the training images as a mirror would; only where no text depends on left and right.'),
  batchSize: upTo(8192).exactOptional(),
  microBatchSize: upTo(8192).exactOptional(),
  questionsPerImage: upTo(1024)
    .exactOptional()
    .describe('Questions of an image that share one pass over it; sizes of batches still count questions.'),
  captionsPerImage: upTo(1024).exactOptional().describe('The same of captions in one style.'),
  validation: stageValidation.exactOptional(),
  validateStart: z.literal(true).exactOptional().describe('Measure the held-out loss before the first step as well.'),
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
export const recipeSchema = z.strictObject({
  batchSize: upTo(8192),
  microBatchSize: upTo(8192),
  optimizer,
  stages: z.array(stageSchema).min(1),
  initialization: z.strictObject({ vision: initialization, language: initialization }),
  validateEverySteps: upTo(mostSteps),
  validationSplit: z
    .enum(['validation', 'probe'])
    .exactOptional()
    .describe('Where held-out losses are measured; `probe` is for curves that decide, which no pilot may have seen.'),
  validationExamples: upTo(mostExamples),
  checkpointEverySteps: upTo(mostSteps),
});
export const generationSchema = z.strictObject({
  strategy: z.enum(['greedy', 'beam']),
  beamWidth: upTo(1024),
  maximumNewTokens: upTo(65_536),
  batchSize: upTo(8192),
});
export const evaluationSchema = z.strictObject({
  split: z.enum(['validation', 'test']),
  captionImages: fromZeroTo(mostExamples),
  questions: fromZeroTo(mostExamples),
  teacherForced: z
    .strictObject({
      captions: fromZeroTo(mostExamples).exactOptional(),
      questions: fromZeroTo(mostExamples).exactOptional(),
    })
    .exactOptional(),
  captionBaselines: z
    .literal(true)
    .exactOptional()
    .describe('Score beside the captions the best constant caption, and the same captions given to other images.'),
});
const tokenizer = z
  .enum(['byte-pairs', 'pretrained'])
  .describe(
    '`byte-pairs`: one of its own, trained on the texts of the training split to `vocabularySize` tokens. `pretrained`: that of the weights which --weights names, with their chat template and image processor.',
  );
/** A complete run configuration, for example the CONFIG.yaml of `vlm-bench train`. */
export const runConfigSchema = z
  .strictObject({
    data: z.strictObject({ name: anyDataSetName }),
    tokenizer: tokenizer.exactOptional(),
    model: modelSchema,
    recipe: recipeSchema,
    seed: z.int().min(0),
    generation: generationSchema,
    evaluation: evaluationSchema,
  })
  .superRefine((config, context) => {
    for (const { path, message, ...params } of inconsistencies(config as RunConfig))
      context.addIssue({ code: 'custom', path: [...path], message, params });
  });

/** What a scale of a suite states: everything of a run but its data set, its seed and (by the arm) its masks. */
export const scaleSchema = z.strictObject({
  model: modelSchema,
  recipe: recipeSchema,
  generation: generationSchema,
  evaluation: evaluationSchema,
});

/** The same for photographs, which any data set with captions may hold. */
export const smallScaleSchema = scaleSchema.extend({ tokenizer: tokenizer.extract(['byte-pairs']) });

/** What a paper scale must state to be trained: everything of a run. */
export const trainedPaperSchema = scaleSchema.extend({ tokenizer: tokenizer.extract(['pretrained']) });

/** Changes laid over a scale; stages are addressed by name, and `attentionMask` sets the mask of every stage. */
export const overlaySchema = z.strictObject({
  attentionMask: maskKind.optional(),
  model: z
    .strictObject({ vision: vision.partial(), connector: connector.partial(), language: language.partial() })
    .partial()
    .optional(),
  recipe: recipeSchema
    .omit({ stages: true, optimizer: true, initialization: true })
    .partial()
    .extend({
      optimizer: optimizer.partial().optional(),
      initialization: z.strictObject({ vision: initialization, language: initialization }).partial().optional(),
      stages: z.record(z.string(), stageSchema.omit({ name: true }).partial()).optional(),
    })
    .optional(),
  generation: generationSchema.partial().optional(),
  evaluation: evaluationSchema.partial().optional(),
});

export type Scale = z.infer<typeof scaleSchema> & Partial<Pick<RunConfig, 'tokenizer'>>;
export type Overlay = z.infer<typeof overlaySchema>;
