/**
 * A system from the records of its runs: each finished run is one record of the system, its captions scored by CIDEr-D per style and
 * its answers by accuracy, resampled by image because questions about one image are not independent.
 */
import { join } from 'node:path';
import { sha256 } from '../../reference-model/files/hashing.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { FORCED_GROUPS, forcedGroupsOf } from '../measures/forced-groups.js';
import { type MeasureId, measures } from '../measures/measures.js';
import {
  type AnswerPrediction,
  type CaptionPrediction,
  isSpoken,
  type Prediction,
  type SpokenPrediction,
} from '../records/predictions.js';
import { type Reproduction, readReproduction, storeOf } from '../records/reproduction.js';
import { runPaths } from '../records/run-paths.js';
import { readFinishedRunIn } from '../records/run-record.js';
import { type System, type SystemItem, type SystemMetric, sortItems, systemMetric } from './system.js';

/** One run, as the one record of a system. @throws UserError `record-missing`, `record-corrupt` or `score-invalid` */
export function systemOfRun(folder: string): System {
  const { identity, provenance, predictions, result } = readFinishedRunIn(folder);
  const { seed, evaluation } = identity.config;
  const { runId, scores } = result;
  if (predictions.length === 0) {
    throw new UserError({
      code: 'score-invalid',
      what: 'the run holds no predictions',
      where: folder,
      expected: 'captions or answers about the images of a split',
      fix: 'name a run whose evaluation covers at least one image',
    });
  }
  const metrics: SystemMetric[] = [];
  const add = (
    name: MeasureId,
    group: string,
    images: ReadonlyMap<string, readonly number[]>,
    columns: 1 | 2,
  ): void => {
    const signature = scores[name]?.signature;
    if (images.size === 0 || signature === undefined) return;
    const imageIds = [...images.keys()];
    metrics.push(
      systemMetric({
        name,
        signature,
        higherIsBetter: measures[name].higherIsBetter,
        aggregation: columns === 1 ? 'mean' : 'ratio',
        group,
        imageIds,
        replicates: [
          {
            seed,
            columns: Array.from({ length: columns }, (_, column) => imageIds.map((id) => images.get(id)![column]!)),
          },
        ],
      }),
    );
  };
  for (const style of ['ai-captions', 'human-captions'] as const) {
    add(`CIDEr-D/${style}`, style, captionScores(predictions.filter(isCaptionOf(style)), folder), 1);
  }
  const answers = predictions.filter((prediction) => prediction.type === 'answer');
  add('accuracy', 'answers', sumsPerImage(answers, isRight), 2);
  add(
    'accuracy/yes-no',
    'answers',
    sumsPerImage(
      answers.filter(({ kind }) => kind === 'yes/no'),
      isRight,
    ),
    2,
  );
  add(
    'accuracy/open',
    'answers',
    sumsPerImage(
      answers.filter(({ kind }) => kind === 'open'),
      isRight,
    ),
    2,
  );
  const given = predictions.filter((prediction) => prediction.type === 'teacher-forced');
  for (const group of FORCED_GROUPS) {
    const ofGroup = given.filter((prediction) => forcedGroupsOf(prediction).includes(group));
    const counted = group === 'ai-captions' ? group : 'answers';
    add(
      `exact-match/${group}`,
      counted,
      sumsPerImage(ofGroup, ({ exact }) => (exact ? 1 : 0)),
      2,
    );
    add(
      `answer-loss/${group}`,
      counted,
      sumsPerImage(ofGroup, ({ loss }) => loss),
      2,
    );
  }
  return {
    label: `run ${runId}`,
    origin: {
      kind: 'records',
      paths: [folder],
      runIds: [runId],
      recipe: recipeOf(identity.config),
      ...(provenance.git === undefined ? {} : { commit: provenance.git.commit }),
    },
    records: 1,
    metrics,
    items: sortItems(predictions.filter(isSpoken).map(itemOf)),
    imageStore: {
      store: join(folder, '..', '..'),
      dataFingerprint: provenance.data.fingerprint,
      split: evaluation.split,
    },
  };
}

/** Equal for runs that are seeds of one another. */
function recipeOf({ seed: _, ...recipe }: RunConfig): string {
  return sha256(canonicalJson(recipe));
}

/** The runs of one arm of a reproduction, each a system of one record, in the order of their seeds, and the arm's name as pages say it. */
export function systemsOfArm(folder: string, arm: string | undefined): { label: string; runs: readonly System[] } {
  const reproduction = readReproduction(folder);
  const { suite, runs } = reproduction;
  const arms = [...new Set(runs.map((run) => run.arm))];
  const chosen = arm ?? (arms.length === 1 ? arms[0] : undefined);
  if (chosen === undefined || !arms.includes(chosen)) {
    throw new UserError({
      code: 'usage',
      what:
        arm === undefined ? 'the reproduction has several arms' : `the reproduction has no arm ${JSON.stringify(arm)}`,
      where: folder,
      expected: `one of ${arms.join(', ')}`,
      fix: `name the arm after a #, for example ${JSON.stringify(`${folder}#${arms[0]}`)}`,
    });
  }
  const ofArm = runs.filter((run) => run.arm === chosen).sort((left, right) => left.seed - right.seed);
  return {
    label: `${suite.id}: ${armLabel(reproduction, chosen)}`,
    runs: ofArm.map(({ runId }) => systemOfRun(runPaths(storeOf(folder), runId).folder)),
  };
}

/** The arm's label in its suite. */
export function armLabel({ arms }: Pick<Reproduction, 'arms'>, arm: string): string {
  return arms.find(({ id }) => id === arm)?.label ?? arm;
}

const isCaptionOf =
  (style: CaptionPrediction['style']) =>
  (prediction: Prediction): prediction is CaptionPrediction =>
    prediction.type === 'caption' && prediction.style === style;

function captionScores(captions: readonly CaptionPrediction[], folder: string): ReadonlyMap<string, readonly number[]> {
  const scores = new Map<string, readonly number[]>();
  for (const { imageId, style, score } of captions) {
    if (scores.has(imageId)) {
      throw new UserError({
        code: 'record-corrupt',
        what: `image ${imageId} has two captions of ${style}`,
        where: join(folder, 'predictions.jsonl'),
        expected: 'one caption per image and style',
        fix: 'delete the folder of this run and run again; it will be trained anew',
      });
    }
    scores.set(imageId, [score]);
  }
  return scores;
}

/** Sum of what is counted, and how often, of each image. */
function sumsPerImage<Item extends Pick<Prediction, 'imageId'>>(
  items: readonly Item[],
  countOf: (item: Item) => number,
): ReadonlyMap<string, readonly number[]> {
  const counts = new Map<string, readonly number[]>();
  for (const item of items) {
    const [sum = 0, count = 0] = counts.get(item.imageId) ?? [];
    counts.set(item.imageId, [sum + countOf(item), count + 1]);
  }
  return counts;
}

const isRight = ({ correct }: AnswerPrediction): number => (correct ? 1 : 0);

function itemOf(prediction: SpokenPrediction): SystemItem {
  const { imageId, text } = prediction;
  switch (prediction.type) {
    case 'caption': {
      const { style, prompt, references } = prediction;
      return { group: style, imageId, prompt, references, texts: [text] };
    }
    case 'answer': {
      const { questionId, question, kind, expected, correct } = prediction;
      return {
        group: 'answers',
        imageId,
        questionId,
        prompt: question,
        kind,
        ...(prediction.questionType === undefined ? {} : { questionType: prediction.questionType }),
        references: [expected],
        texts: [text],
        scores: [correct ? 1 : 0],
      };
    }
    default:
      return prediction satisfies never;
  }
}
