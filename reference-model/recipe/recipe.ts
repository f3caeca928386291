/**
 * A run configuration: everything that decides the bits of a run except the code and the engine's numerics.
 * It is plain JSON, so its canonical form can be hashed into the run's identity.
 */
import type { EmbeddedDataSetName } from '../data/registry.js';
import type { MaskKind, ModelConfig, Part } from '../model/config.js';

/** What a training example is drawn from. */
export type Source = CaptionSource | QuestionSource;

export type CaptionSource = 'human-captions' | 'ai-captions';

/** All questions, or only those that yes and no do not answer: what is to be named there is learned much faster without the others. */
export type QuestionSource = 'questions' | 'open-questions';

/** One of the four training stages: what is trained, on what, for how long and how fast. */
export interface Stage {
  readonly name: string;
  readonly steps: number;
  /** Parts that receive gradients; the others stay frozen and run outside the gradient tape. */
  readonly trainable: readonly Part[];
  /** Peak learning rate of each trainable part. */
  readonly learningRate: Readonly<Partial<Record<Part, number>>>;
  /** Relative weight of each source in the stage's batches. */
  readonly mixture: Readonly<Partial<Record<Source, number>>>;
  readonly attentionMask: MaskKind;
  /** Data set of this stage where it is not the run's. */
  readonly data?: EmbeddedDataSetName;
  /** Share of the training images, in (0, 1], drawn once per seed: smaller shares are subsets of larger ones. */
  readonly trainingShare?: number;
  /** Train only on questions about these topics (`Question.questionType`); captions are not affected. */
  readonly questionTypes?: readonly string[];
  /** Pixels by which training images are moved at random, up to so many each way; only where no answer depends on the place. */
  readonly imageShift?: number;
}

/** The stage that a model is last trained in: how it is asked afterwards follows from this one. Undefined where no stage has steps. */
export function lastTrainedStage(stages: readonly Stage[]): Stage | undefined {
  return stages.findLast(({ steps }) => steps > 0);
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
  /** Whether each backbone starts from its shipped pretrained weights or from seeded random ones. */
  readonly initialization: Readonly<Record<'vision' | 'language', 'pretrained' | 'random'>>;
  readonly validateEverySteps: number;
  /** Validation examples per source. */
  readonly validationExamples: number;
  readonly checkpointEverySteps: number;
}

export interface DataConfig {
  /** What is evaluated, and trained on where a stage names nothing else. */
  readonly name: EmbeddedDataSetName;
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
}

export interface RunConfig {
  readonly data: DataConfig;
  readonly model: ModelConfig;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly generation: GenerationConfig;
  readonly evaluation: EvaluationConfig;
}
