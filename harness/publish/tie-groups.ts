/**
 * Which systems of a leaderboard the tests tell apart: all pairs of the best systems, on the same images, with Holm's correction. How many
 * are compared is bounded by work, not by time, so that the same records always give the same letters.
 */

import { measures } from '../measures/measures.js';
import { compareMany } from '../statistics/compare-many.js';
import type { ScoreOfSums } from '../statistics/paired-images.js';
import type { Board, RankedSystem, TieGroups } from './leaderboards.js';
import type { SampleScores, ScorePerImage } from './sample-scores.js';

/** So few pairs that 10,000 sign patterns can still reach significance after Holm's correction. */
const MOST_SYSTEMS = 16;
/** Pairs of single runs × images: about two seconds. */
const MOST_WORK = 200_000;

const ratio: ScoreOfSums = ([sum, count]) => sum! / count!;

/** @param scoresOf the scores of a run, image by image */
export function boardTieGroups({ measure, systems }: Board, scoresOf: (runId: string) => SampleScores): TieGroups {
  const compared = systems.slice(0, comparable(systems, measure));
  const scores = compared.map(({ runs }) => runs.map(({ runId }) => scoresOf(runId)[measure]));
  const images = scores[0]?.[0]?.imageIds;
  if (compared.length < 2 || images === undefined || images.length < 2) {
    return { letters: {}, comparison: 'There are no two systems to tell apart.' };
  }
  const columns = scores.map((ofSystem) => ofSystem.map((ofRun) => columnsOn(images, ofRun)));
  if (columns.some((ofSystem) => ofSystem.some((ofRun) => ofRun === undefined))) {
    return { letters: {}, comparison: 'The systems were not scored on the same images, so that no pair was tested.' };
  }
  const sign = measures[measure].higherIsBetter ? 1 : -1;
  const { ranking } = compareMany(
    compared.map(({ system, runs, value }, index) => ({
      id: system,
      rankBy: sign * value,
      records: columns[index]!.map((ofRun, run) => ({ seed: runs[run]!.seed, columns: ofRun! })),
    })),
    ratio,
  );
  const pairs = (compared.length * (compared.length - 1)) / 2;
  return {
    letters: Object.fromEntries(ranking.map(({ id, letters }) => [id, letters])),
    comparison: `Systems that share a letter are not told apart: ${compared.length < systems.length ? `the best ${compared.length}` : 'all'} of ${systems.length} systems were compared in ${pairs} ${pairs === 1 ? 'pair' : 'pairs'} on the same ${images.length} images (over seeds and images where a system has several seeds), with Holm’s correction at α = .05.`,
  };
}

function comparable(systems: readonly RankedSystem[], measure: Board['measure']): number {
  let single = 0;
  for (const [index, { runs }] of systems.entries()) {
    if (index === MOST_SYSTEMS) return MOST_SYSTEMS;
    if (runs.length > 1) continue;
    single += 1;
    if (((single * (single - 1)) / 2) * (runs[0]!.scores[measure]!.images ?? 0) > MOST_WORK) return index;
  }
  return systems.length;
}

/** Sums and counts in the order of `images`; undefined where the run was scored on others. */
function columnsOn(images: readonly string[], scores: ScorePerImage | undefined): readonly Float64Array[] | undefined {
  if (scores === undefined || scores.imageIds.length !== images.length) return undefined;
  const places = new Map(scores.imageIds.map((imageId, place) => [imageId, place]));
  const order = images.map((imageId) => places.get(imageId));
  if (order.some((place) => place === undefined)) return undefined;
  return [scores.sums, scores.counts].map((values) => Float64Array.from(order, (place) => values[place!]!));
}
