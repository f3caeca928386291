/**
 * A run configuration: everything that decides the bits of a run except the code and the engine's numerics.
 * It is plain JSON, so its canonical form can be hashed into the run's identity.
 */
import type { CurveSplit } from '../data/dataset.js';
import type { MaskKind, ModelConfig, Part } from '../model/config.js';

/** What a training example is drawn from. */
export type Source = CaptionSource | QuestionSource;

export type CaptionSource = 'human-captions' | 'ai-captions';

/** All questions, or only those that yes and no do not answer: what is to be named there is learned much faster without the others. */
export type QuestionSource = 'questions' | 'open-questions';

/** Open questions are validated among the others. */
export type ValidatedSource = Exclude<Source, 'open-questions'>;

/** One training stage: what is trained, on what, for how long and how fast. */
export type Stage = TextStage | WordsStage;

interface StageSettings {
  readonly name: string;
  readonly steps: number;
  /** Parts that receive gradients; the others stay frozen and run outside the gradient tape. */
  readonly trainable: readonly Part[];
  /** Peak learning rate of each trainable part. */
  readonly learningRate: Readonly<Partial<Record<Part, number>>>;
  /** Data set of this stage where it is not the run's. */
  readonly data?: string;
  /** Share of the training images, in (0, 1], drawn once per seed: smaller shares are subsets of larger ones. */
  readonly trainingShare?: number;
  /** Sizes of this stage's batches where they are not the recipe's; see `batchSizes`. */
  readonly batchSize?: number;
  readonly microBatchSize?: number;
}

/** The language model learns to say captions and answers about an image. */
export interface TextStage extends StageSettings, TextsPerImage {
  readonly kind?: 'texts';
  /** Relative weight of each source in the stage's batches. */
  readonly mixture: Readonly<Partial<Record<Source, number>>>;
  readonly attentionMask: MaskKind;
  /** Train only on questions about these topics (`Question.questionType`); captions are not affected. */
  readonly questionTypes?: readonly string[];
  /** Pixels by which training images are moved at random, up to so many each way; only where no answer depends on the place. */
  readonly imageShift?: number;
  /** Show half of the training images as a mirror would; only where no text depends on left and right. */
  readonly imageMirror?: true;
  /** How it is validated where not as the recipe says; see `validationOf`. */
  readonly validation?: StageValidation;
  /** Validate before the first step too. The first step of all always is, and stages that follow each other alike share one. */
  readonly validateStart?: true;
}

/** Texts about an image that share a sequence, and with it one pass over the image; 1 where it is not stated. */
export interface TextsPerImage {
  /** Batches then draw images, with so many of their questions each. Sizes of batches still count questions. */
  readonly questionsPerImage?: number;
  /** The same of captions in one style. */
  readonly captionsPerImage?: number;
}

/** What a stage may state; whatever it leaves out is as the recipe has it. */
export interface StageValidation {
  /** Steps from one validation to the next, counted over all stages. */
  readonly everySteps?: number;
  /** Held-out examples per source. */
  readonly examples?: number;
  /** Every source that the data set has, by default; with none the stage is not validated. */
  readonly sources?: readonly ValidatedSource[];
  /** Whether it is also validated before the first step of all and after its own last one; it is by default. */
  readonly atEnds?: boolean;
}

/**
 * The visual tokens learn to resemble the words of what they show (`Sample.words`), without a pass of the language model: hence
 * without an attention mask, so that arms with different masks share such a stage.
 */
export interface WordsStage extends StageSettings {
  readonly kind: 'words';
}

export function isTextStage(stage: Stage): stage is TextStage {
  return stage.kind !== 'words';
}

/** The stage that a model last learns texts in: how it is asked afterwards follows from this one. Undefined where none has steps. */
export function lastTrainedStage(stages: readonly Stage[]): TextStage | undefined {
  return stages.filter(isTextStage).findLast(({ steps }) => steps > 0);
}

export interface Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled weight decay, applied to matrices only (Loshchilov & Hutter 2019, arXiv 1711.05101). */
  readonly weightDecay: number;
  /** Global gradient norm above which gradients are scaled down. */
  readonly clipNorm: number;
  /** Share of a stage's steps spent in linear warm-up. */
  readonly warmupShare: number;
  /** Learning rate at the end of the cosine, as a share of the peak. */
  readonly finalShare: number;
}

export interface Recipe {
  /** Examples per optimiser step. */
  readonly batchSize: number;
  /** Examples per forward pass; gradients accumulate over batchSize / microBatchSize passes. */
  readonly microBatchSize: number;
  readonly optimizer: Optimizer;
  readonly stages: readonly Stage[];
  /** Whether each backbone starts from pretrained weights, those of the package or of the hub, or from seeded random ones. */
  readonly initialization: Readonly<Record<'vision' | 'language', 'pretrained' | 'random'>>;
  readonly validateEverySteps: number;
  /** `validation` where it is not stated. */
  readonly validationSplit?: CurveSplit;
  /** Validation examples per source. */
  readonly validationExamples: number;
  readonly checkpointEverySteps: number;
}

/** Examples of a stage's steps and of its forward passes: its own where it states them, and no pass larger than a step. */
export function batchSizes(
  recipe: Pick<Recipe, 'batchSize' | 'microBatchSize'>,
  stage: Pick<Stage, 'batchSize' | 'microBatchSize'>,
): { readonly batchSize: number; readonly microBatchSize: number } {
  const batchSize = stage.batchSize ?? recipe.batchSize;
  const inherited = stage.batchSize === undefined ? recipe.microBatchSize : Math.min(recipe.microBatchSize, batchSize);
  return { batchSize, microBatchSize: stage.microBatchSize ?? inherited };
}

export interface DataConfig {
  /** What is evaluated, and trained on where a stage names nothing else. */
  readonly name: string;
}

export interface GenerationConfig {
  readonly strategy: 'greedy' | 'beam';
  readonly beamWidth: number;
  readonly maximumNewTokens: number;
  readonly batchSize: number;
}

export interface EvaluationConfig {
  readonly split: 'validation' | 'test';
  /** How many images of the split are captioned; the first ones in order. 0 means no captions are scored. */
  readonly captionImages: number;
  /** How many questions of the split are answered; the first ones in order. */
  readonly questions: number;
  /** How many references are given to the model, token by token, to see whether it ranks each token first; nothing is generated. */
  readonly teacherForced?: {
    /** Images of the split whose detailed captions are forced; the first ones in order. */
    readonly captions?: number;
    /** Questions of the split whose answers are forced; the first ones in order. */
    readonly questions?: number;
  };
  /** Whether captions are scored beside the best constant caption, and beside themselves when they are given to other images. */
  readonly captionBaselines?: true;
}

export interface RunConfig {
  readonly data: DataConfig;
  /**
   * `byte-pairs`: one of its own, trained on the texts of the training split; `pretrained`: that of the language model whose weights it
   * starts from, with its chat template; the embedded one where it is not stated.
   */
  readonly tokenizer?: 'byte-pairs' | 'pretrained';
  readonly model: ModelConfig;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly generation: GenerationConfig;
  readonly evaluation: EvaluationConfig;
}
