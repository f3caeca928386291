/** What the pages over all runs show of one: its place, its scores with intervals over images, and where it comes from. Plain JSON. */
import { sha256 } from '../../reference-model/files/hashing.js';
import { canonicalJson } from '../files/canonical-json.js';
import { measureBounds } from '../measures/measure-bounds.js';
import { type MeasureId, measures } from '../measures/measures.js';
import type { FinishedRun } from '../records/run-record.js';
import type { ScoreInterval } from '../statistics/score-intervals.js';
import { intervalOverImages, type SampleScores } from './sample-scores.js';

export interface RunScore {
  readonly value: number;
  readonly signature: string;
  readonly interval?: ScoreInterval;
  /** Images scored, where the score is a mean over images. */
  readonly images?: number;
}

export interface RunFacts {
  readonly runId: string;
  /** As its own record says. */
  readonly smoke: boolean;
  readonly seed: number;
  /** Hash of everything that decides the run but its seed: runs that share it are one system. */
  readonly system: string;
  readonly dataSet: { readonly name: string; readonly fingerprint: string };
  readonly split: string;
  readonly engine: string;
  readonly packageVersion: string;
  /** Milliseconds since 1970, from the record's own events. */
  readonly finished: number;
  readonly steps: number;
  readonly tokens: number;
  readonly parameters: number;
  readonly weights: string;
  readonly scores: Readonly<Partial<Record<MeasureId, RunScore>>>;
  readonly samples: { readonly images: number; readonly captions: number; readonly answers: number };
}

/** A run stands as evidence where one of its reproductions does; one without a reproduction as its own record says. */
export function isSmokeRun(
  { smoke }: Pick<RunFacts, 'smoke'>,
  memberships: readonly { readonly smoke: boolean }[],
): boolean {
  return memberships.length > 0 ? memberships.every((membership) => membership.smoke) : smoke;
}

export function runFacts(run: FinishedRun, perImage: SampleScores): RunFacts {
  const { identity, provenance, events, predictions, result } = run;
  const { seed, ...config } = identity.config;
  const captions = predictions.filter(({ type }) => type === 'caption').length;
  return {
    runId: result.runId,
    smoke: provenance.smoke === true,
    seed,
    system: sha256(canonicalJson({ ...identity, config })).slice(0, 20),
    dataSet: provenance.data,
    split: config.evaluation.split,
    engine: provenance.engine.name,
    packageVersion: provenance.packageVersion,
    finished: Math.max(0, ...events.flatMap(({ type, time }) => (type === 'finished' ? [time] : []))),
    steps: result.steps,
    tokens: result.tokens,
    parameters: result.parameters,
    weights: result.weights,
    scores: scoresWithIntervals(run, perImage),
    samples: {
      images: new Set(predictions.map(({ imageId }) => imageId)).size,
      captions,
      answers: predictions.filter(({ type }) => type === 'answer').length,
    },
  };
}

function scoresWithIntervals({ result }: FinishedRun, perImage: SampleScores): RunFacts['scores'] {
  const entries = (Object.keys(measures) as MeasureId[]).flatMap((measure) => {
    const score = result.scores[measure];
    if (score === undefined) return [];
    const images = perImage[measure];
    const interval = images === undefined ? undefined : intervalOverImages(images, measureBounds(measure));
    return [
      [
        measure,
        {
          ...score,
          ...(interval === undefined ? {} : { interval }),
          ...(images === undefined ? {} : { images: images.sums.length }),
        },
      ],
    ] as const;
  });
  return Object.fromEntries(entries);
}
