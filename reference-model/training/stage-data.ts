/**
 * Which data sets a configuration needs, and which training images a stage sees. Both are functions of the configuration alone, so
 * runs that begin with the same stages see the same images in them, whatever comes later.
 */
import type { DataSet, DescribedImage } from '../data/dataset.js';
import { randomStream } from '../numerics/random.js';
import type { RunConfig, Stage, TextStage } from '../recipe/recipe.js';

/** The data sets of a run by name; `RunConfig.data.name` is the one that is evaluated. */
export type DataSets<Held extends DataSet = DataSet> = Readonly<Partial<Record<string, Held>>>;

/** The evaluated data set first, then those of the stages that have steps, each once. */
export function dataSetNames({ data, recipe }: Pick<RunConfig, 'data' | 'recipe'>): readonly string[] {
  const ofStages = recipe.stages.filter(({ steps }) => steps > 0).map((stage) => stage.data ?? data.name);
  return [...new Set([data.name, ...ofStages])];
}

/** @throws RangeError when the data set was not loaded for this run */
export function requireDataSet<Held extends DataSet>(dataSets: DataSets<Held>, name: string): Held {
  const dataSet = dataSets[name];
  if (dataSet === undefined) throw new RangeError(`The run needs the data set ${name}, which was not loaded for it.`);
  return dataSet;
}

/** The data set that a stage is trained and validated on. */
export function stageDataSet({ data }: Pick<RunConfig, 'data'>, stage: Stage, dataSets: DataSets): DataSet {
  return requireDataSet(dataSets, stage.data ?? data.name);
}

/**
 * The images of the training split that a stage may draw from, in the split's order. The draw depends on the seed and the data
 * set only, so stages of one run share it and a smaller share is a subset of a larger one.
 *
 * @returns at least one image of a split that has any
 */
export function trainingSamples<Described extends DescribedImage>(
  { name, splits: { train } }: { readonly name: string; readonly splits: { readonly train: readonly Described[] } },
  { trainingShare = 1 }: Pick<Stage, 'trainingShare'>,
  seed: number,
): readonly Described[] {
  const drawn = randomStream(seed, 'training-share', name)
    .shuffle(train.map((_, index) => index))
    .slice(0, Math.max(1, Math.round(trainingShare * train.length)));
  return drawn.sort((left, right) => left - right).map((index) => train[index]!);
}

/** The samples with only their questions about the given topics; unchanged where no topics are given. */
export function withQuestionsAbout<Described extends DescribedImage>(
  samples: readonly Described[],
  topics: TextStage['questionTypes'],
): readonly Described[] {
  if (topics === undefined) return samples;
  return samples.map((sample) => ({
    ...sample,
    questions: sample.questions.filter(({ questionType = '' }) => topics.includes(questionType)),
  }));
}
