/**
 * Counts the tokens that a configuration will train on, validate with and answer, by walking the same batches with the same tokenizer
 * as the trainer. Nothing is computed on an engine, and what several runs have in common is walked once.
 */
import type { DataSet, DescribedImage } from '../../reference-model/data/dataset.js';
import { captionStylesOf } from '../../reference-model/evaluation/caption-styles.js';
import { forcedGroups } from '../../reference-model/evaluation/forced-requests.js';
import { visualTokensPerImage } from '../../reference-model/model/config.js';
import type { ExampleWork } from '../../reference-model/model/step-flops.js';
import { batchSizes, isTextStage, type RunConfig, type Stage } from '../../reference-model/recipe/recipe.js';
import { validationOf } from '../../reference-model/recipe/stage-validation.js';
import { withCaptionWords } from '../../reference-model/training/caption-words.js';
import { CAPTION_PROMPT, type Example, isCaptions, planBatches } from '../../reference-model/training/examples.js';
import { heldOutGroups } from '../../reference-model/training/held-out.js';
import { imageGroups } from '../../reference-model/training/image-groups.js';
import { runTokenizer } from '../../reference-model/training/run-tokenizer.js';
import {
  type DataSets,
  requireDataSet,
  stageDataSet,
  trainingSamples,
  withQuestionsAbout,
} from '../../reference-model/training/stage-data.js';
import { planImages } from '../../reference-model/training/words-batch.js';
import { canonicalJson } from '../files/canonical-json.js';

type Text = Pick<Example, 'prompt' | 'answer'> & Partial<Pick<Example, 'source'>>;

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

  const textTokens = (config: RunConfig): ((text: string) => number) => {
    const { vocabularySize } = config.model.language;
    const known = encoders.get(vocabularySize);
    if (known !== undefined) return known;
    const tokenizer = runTokenizer(config, dataSets);
    const encode = remembering((text: string) => tokenizer.encode(text).length);
    encoders.set(vocabularySize, encode);
    return encode;
  };
  /** Texts about one image in each sequence; with more than one, the image and the begin token are there once for all. */
  const groupedWork = (config: RunConfig, sequences: readonly (readonly Text[])[]): ExampleWork => {
    const tokensOf = textTokens(config);
    const shared = visualTokensPerImage(config.model) + 1; // with the begin token
    const texts = sequences.flat();
    let prompts = 0;
    let answers = 0;
    for (const group of sequences) {
      for (const [place, { prompt, answer, source }] of group.entries()) {
        // Captions of one style answer a prompt that is there once.
        if (place === 0 || source === undefined || !isCaptions(source)) prompts += tokensOf(prompt);
        answers += tokensOf(answer) + 1; // with the end token
      }
    }
    const work = {
      examples: texts.length,
      tokens: shared * sequences.length + prompts + answers,
      answerTokens: answers,
    };
    return sequences.length === texts.length ? work : { ...work, sequences: sequences.length };
  };
  const workOf = (config: RunConfig, texts: readonly Text[]) =>
    groupedWork(
      config,
      texts.map((text) => [text]),
    );
  const wordsWork = ({ model }: RunConfig, samples: readonly DescribedImage[]): ExampleWork => ({
    examples: samples.length,
    tokens: samples.length * visualTokensPerImage(model),
    answerTokens: samples.reduce((sum, sample) => sum + wordTargets(sample, model), 0),
  });
  const shapeKey = ({ model }: RunConfig) => [model.language.vocabularySize, visualTokensPerImage(model)];

  return {
    stageSteps: (config, stage) => {
      const { recipe, seed, data } = config;
      // What a stage trains, how fast, under which mask and how it is validated is nothing to its batches; whatever else it says may be.
      const { trainable: _, learningRate: __, ...rest } = stage;
      const {
        attentionMask: ___,
        validation: ____,
        ...drawn
      } = { attentionMask: undefined, validation: undefined, ...rest };
      const { batchSize } = batchSizes(recipe, stage);
      const key = canonicalJson([{ ...drawn, seed, batchSize, data: stage.data ?? data.name }, shapeKey(config)]);
      return remembered(steps, key, () => {
        const drawnFrom = trainingSamples(stageDataSet(config, stage, dataSets), stage, seed);
        if (!isTextStage(stage)) {
          const described =
            config.tokenizer === undefined ? drawnFrom : withCaptionWords(drawnFrom, runTokenizer(config, dataSets));
          const images = planImages(described, stage, batchSize, seed);
          return Array.from({ length: stage.steps }, (_, step) => wordsWork(config, images.batch(step)));
        }
        const samples = withQuestionsAbout(drawnFrom, stage.questionTypes);
        const batches = planBatches(samples, stage, batchSize, seed);
        return Array.from({ length: stage.steps }, (_, step) =>
          groupedWork(config, imageGroups(batches.batch(step), stage)),
        );
      });
    },
    validation: (config, stage) => {
      const { data, recipe } = config;
      const { validationSplit = 'validation' } = recipe;
      const { sources, examples: count } = validationOf(recipe, stage);
      const { questionsPerImage = 1, captionsPerImage = 1 } = isTextStage(stage) ? stage : {};
      const shared = { questionsPerImage, captionsPerImage };
      const drawn = {
        data: stage.data ?? data.name,
        sources,
        count,
        validationSplit,
        ...shared,
      };
      const key = canonicalJson([drawn, shapeKey(config)]);
      return remembered(validations, key, () => {
        const samples = stageDataSet(config, stage, dataSets).splits[validationSplit] ?? [];
        return sources
          .map((source) => groupedWork(config, heldOutGroups(samples, source, { count, ...shared })))
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
      const groups = forcedGroups(config, requireDataSet(dataSets, config.data.name));
      return groupedWork(
        config,
        groups.map((group) => group.map(({ example }) => example)),
      );
    },
  };
}

/** Words of all visual tokens of an image. */
function wordTargets({ words = [] }: DescribedImage, model: RunConfig['model']): number {
  const inCells = words.reduce((sum, row) => sum + row.reduce((inRow, cell) => inRow + cell.length, 0), 0);
  const cells = words.reduce((sum, row) => sum + row.length, 0);
  return cells === 0 ? 0 : (inCells * visualTokensPerImage(model)) / cells;
}

/** What is asked in an evaluation, with the first reference as the answer. */
function expectedAnswers({ evaluation }: RunConfig, { splits }: DataSet): readonly Text[] {
  const samples = splits[evaluation.split];
  const captioned = samples.slice(0, evaluation.captionImages);
  const styles = captionStylesOf(captioned);
  const captions = captioned.flatMap(({ aiCaptions, humanCaptions }) =>
    styles.map((style) => ({
      prompt: CAPTION_PROMPT[style],
      answer: (style === 'ai-captions' ? aiCaptions : humanCaptions)[0] ?? '',
    })),
  );
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
