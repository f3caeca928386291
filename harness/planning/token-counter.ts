/**
 * Counts the tokens that a configuration will train on, validate with and answer, by walking the same batches with the same tokenizer
 * as the trainer. Nothing is computed on an engine, and what several runs have in common is walked once.
 */
import type { DataSet, Sample } from '../../reference-model/data/dataset.js';
import { forcedRequests } from '../../reference-model/evaluation/forced-requests.js';
import { visualTokensPerImage } from '../../reference-model/model/config.js';
import type { ExampleWork } from '../../reference-model/model/step-flops.js';
import { batchSizes, type RunConfig, type Source, type Stage } from '../../reference-model/recipe/recipe.js';
import { validationOf } from '../../reference-model/recipe/stage-validation.js';
import { CAPTION_PROMPT, type Example, examplesOf, planBatches } from '../../reference-model/training/examples.js';
import { modelTokenizer } from '../../reference-model/training/model-tokenizer.js';
import {
  type DataSets,
  requireDataSet,
  stageDataSet,
  trainingSamples,
  withQuestionsAbout,
} from '../../reference-model/training/stage-data.js';
import { canonicalJson } from '../files/canonical-json.js';

export interface TokenCounter {
  /** One entry per step of the stage. */
  stageSteps(config: RunConfig, stage: Stage): readonly ExampleWork[];
  /** One validation during the stage: an entry per source that is validated. */
  validation(config: RunConfig, stage: Stage): readonly ExampleWork[];
  /** Captions and answers of the evaluation, taken as long as the references, and no longer than may be generated. */
  evaluation(config: RunConfig): ExampleWork;
  /** References that the evaluation gives to the model token by token. */
  forced(config: RunConfig): ExampleWork;
}

/**
 * @param dataSets all that the configurations need
 * @throws TrainingError of the trainer for a word that the model's vocabulary lacks, RangeError for a source that the data set lacks
 */
export function tokenCounter(dataSets: DataSets): TokenCounter {
  const encoders = new Map<number, (text: string) => number>();
  const steps = new Map<string, readonly ExampleWork[]>();
  const validations = new Map<string, readonly ExampleWork[]>();

  const textTokens = ({ model }: RunConfig): ((text: string) => number) => {
    const { vocabularySize } = model.language;
    const known = encoders.get(vocabularySize);
    if (known !== undefined) return known;
    const tokenizer = modelTokenizer(vocabularySize);
    const encode = remembering((text: string) => tokenizer.encode(text).length);
    encoders.set(vocabularySize, encode);
    return encode;
  };
  const workOf = (config: RunConfig, texts: readonly Pick<Example, 'prompt' | 'answer'>[]): ExampleWork => {
    const tokensOf = textTokens(config);
    const visual = visualTokensPerImage(config.model);
    let tokens = 0;
    let answerTokens = 0;
    for (const { prompt, answer } of texts) {
      const learned = tokensOf(answer) + 1; // with the end token
      tokens += visual + 1 + tokensOf(prompt) + learned; // with the begin token
      answerTokens += learned;
    }
    return { examples: texts.length, tokens, answerTokens };
  };
  const shapeKey = ({ model }: RunConfig) => [model.language.vocabularySize, visualTokensPerImage(model)];

  return {
    stageSteps: (config, stage) => {
      const { recipe, seed, data } = config;
      // What a stage trains, how fast, under which mask and how it is validated is nothing to its batches; whatever else it says may be.
      const { trainable: _, learningRate: __, attentionMask: ___, validation: ____, ...drawn } = stage;
      const { batchSize } = batchSizes(recipe, stage);
      const key = canonicalJson([{ ...drawn, seed, batchSize, data: stage.data ?? data.name }, shapeKey(config)]);
      return remembered(steps, key, () => {
        const drawnFrom = trainingSamples(stageDataSet(config, stage, dataSets), stage, seed);
        const samples = withQuestionsAbout(drawnFrom, stage.questionTypes);
        const batches = planBatches(samples, stage, batchSize, seed);
        return Array.from({ length: stage.steps }, (_, step) => workOf(config, batches.batch(step)));
      });
    },
    validation: (config, stage) => {
      const { data, recipe } = config;
      const { sources, examples: count } = validationOf(recipe, stage);
      const key = canonicalJson([stage.data ?? data.name, sources, count, shapeKey(config)]);
      return remembered(validations, key, () => {
        const samples = stageDataSet(config, stage, dataSets).splits.validation;
        return sources
          .map((source) => workOf(config, heldOut(samples, source, count)))
          .filter(({ examples }) => examples > 0);
      });
    },
    evaluation: (config) => {
      const { maximumNewTokens } = config.generation;
      const work = workOf(config, expectedAnswers(config, requireDataSet(dataSets, config.data.name)));
      const longest = work.examples * maximumNewTokens;
      const surplus = Math.max(0, work.answerTokens - longest);
      return { ...work, tokens: work.tokens - surplus, answerTokens: work.answerTokens - surplus };
    },
    forced: (config) => {
      const requests = forcedRequests(config, requireDataSet(dataSets, config.data.name));
      return workOf(
        config,
        requests.map(({ prompt, expected }) => ({ prompt, answer: expected })),
      );
    },
  };
}

/** The trainer's held-out examples: one of each image before a second of any. */
function heldOut(samples: readonly Sample[], source: Source, count: number): readonly Example[] {
  const byImage = samples.map((sample) => examplesOf([sample], source));
  const chosen: Example[] = [];
  for (let depth = 0; chosen.length < count; depth++) {
    const layer = byImage.flatMap((examples) => examples.slice(depth, depth + 1));
    if (layer.length === 0) break;
    chosen.push(...layer.slice(0, count - chosen.length));
  }
  return chosen;
}

/** What is asked in an evaluation, with the first reference as the answer. */
function expectedAnswers(
  { evaluation }: RunConfig,
  { splits }: DataSet,
): readonly Pick<Example, 'prompt' | 'answer'>[] {
  const samples = splits[evaluation.split];
  const captioned = samples.slice(0, evaluation.captionImages);
  const captions = captioned.flatMap(({ aiCaptions, humanCaptions }) => [
    { prompt: CAPTION_PROMPT['ai-captions'], answer: aiCaptions[0] ?? '' },
    { prompt: CAPTION_PROMPT['human-captions'], answer: humanCaptions[0] ?? '' },
  ]);
  const asked = samples.flatMap(({ questions }) => questions).slice(0, evaluation.questions);
  return [...captions, ...asked.map(({ question: prompt, answer }) => ({ prompt, answer }))];
}

function remembering<Result>(compute: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => remembered(known, text, () => compute(text));
}

function remembered<Result>(known: Map<string, Result>, key: string, compute: () => Result): Result {
  const found = known.get(key);
  if (found !== undefined) return found;
  const computed = compute();
  known.set(key, computed);
  return computed;
}
