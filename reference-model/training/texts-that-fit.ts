/**
 * Whether every text that a run learns from fits the model's context, asked before the first step: a single caption that is too long
 * would otherwise end a training after hours. Only texts that a step reaches are refused.
 */
import { exampleTokens, type ModelReader } from '../data/chat/model-reader.js';
import type { DataSet, DescribedImage } from '../data/dataset.js';
import { InputError } from '../files/input-error.js';
import { visualTokensPerImage } from '../model/config.js';
import { batchSizes, isTextStage, type RunConfig, type Source, type TextStage } from '../recipe/recipe.js';
import { type Example, examplesOf, planBatches } from './examples.js';
import { type DataSets, stageDataSet, trainingSamples, withQuestionsAbout } from './stage-data.js';

/** Positions of a text with its image and prompt, where there are more than the model has. */
type TooLong = ReadonlyMap<string, number>;

/**
 * @throws InputError `data-invalid` naming the first example that does not fit, how many there are, and the context that would do
 * @throws RangeError as `planBatches`
 */
export function requireTextsThatFit(config: RunConfig, data: DataSets, reader: ModelReader): void {
  const known = new Map<DataSet, Map<Source, TooLong>>();
  let firstStep = 1;
  for (const stage of config.recipe.stages) {
    if (isTextStage(stage) && stage.steps > 0) {
      const dataSet = stageDataSet(config, stage, data);
      const ofDataSet = known.get(dataSet) ?? new Map<Source, TooLong>();
      known.set(dataSet, ofDataSet);
      for (const source of Object.keys(stage.mixture) as Source[]) {
        if (!ofDataSet.has(source)) ofDataSet.set(source, tooLongTexts(dataSet, source, config, reader));
      }
      const tooLong = new Map([...ofDataSet.values()].flatMap((texts) => [...texts]));
      if (tooLong.size > 0) requireNoneReached(stage, { config, dataSet, tooLong, firstStep });
    }
    firstStep += stage.steps;
  }
}

function tooLongTexts({ splits }: DataSet, source: Source, { model }: RunConfig, reader: ModelReader): TooLong {
  const tooLong = new Map<string, number>();
  for (const example of examplesOf<DescribedImage>(splits.train, source)) {
    const { before, prompt, answer } = exampleTokens(reader, example, example.id);
    const positions = before.length + visualTokensPerImage(model) + prompt.length + answer.length;
    if (positions > model.language.maximumPositions) tooLong.set(textKey(example), positions);
  }
  return tooLong;
}

/** The same for a text whether or not other questions about its image are left out. */
function textKey({ source, sample, prompt, answer }: Example<DescribedImage>): string {
  return JSON.stringify([source, sample.imageId, prompt, answer]);
}

function requireNoneReached(
  stage: TextStage,
  {
    config: { recipe, seed, model },
    dataSet,
    tooLong,
    firstStep,
  }: {
    readonly config: RunConfig;
    readonly dataSet: DataSet;
    readonly tooLong: TooLong;
    /** Of the stage, counted over the run. */
    readonly firstStep: number;
  },
): void {
  const samples = withQuestionsAbout(trainingSamples<DescribedImage>(dataSet, stage, seed), stage.questionTypes);
  const { batch } = planBatches(samples, stage, batchSizes(recipe, stage).batchSize, seed);
  for (let step = 0; step < stage.steps; step++) {
    const reached = batch(step).find((example) => tooLong.has(textKey(example)));
    if (reached === undefined) continue;
    const { maximumPositions } = model.language;
    const longest = Math.max(...tooLong.values());
    throw new InputError({
      code: 'data-invalid',
      what:
        `the text ${reached.id} takes ${tooLong.get(textKey(reached))} positions with its image and prompt, and step ${firstStep + step} ` +
        `(stage ${stage.name}) learns from it${tooLong.size === 1 ? '' : `; ${tooLong.size} texts of the split are too long`}`,
      where: dataSet.name,
      expected: `at most ${maximumPositions}, the model's maximumPositions`,
      fix: `set maximumPositions of the language model to ${longest}, or leave out the texts that are too long`,
    });
  }
}
