/**
 * Leaderboards: one per set of images, references and signature, so that every row may be compared with every other. A row is a system,
 * that is, all runs that differ by their seed alone; its score is their mean.
 */

import { sha256 } from '../../reference-model/files/hashing.js';
import type { BoardRowView, BoardView, SiteLink } from '../../reports/site/index.js';
import { measureBounds } from '../measures/measure-bounds.js';
import { type MeasureId, measureIds, measures } from '../measures/measures.js';
import { isSmokeRun, type RunFacts } from './run-facts.js';
import { intervalOverSeeds } from './sample-scores.js';

/** The part that a run plays in a suite of the site. */
export interface Membership {
  readonly suite: SiteLink;
  readonly armLabel: string;
  readonly smoke: boolean;
}

export interface RankedSystem {
  readonly system: string;
  readonly label: string;
  readonly memberships: readonly Membership[];
  readonly runs: readonly RunFacts[];
  readonly value: number;
}

export interface Board {
  readonly id: string;
  readonly path: string;
  readonly measure: MeasureId;
  readonly smoke: boolean;
  readonly signature: string;
  /** Best first. */
  readonly systems: readonly RankedSystem[];
}

/** Boards in a fixed order: evidence before smoke runs, whole measures before their parts, then by data set. */
export function leaderboards(
  runs: readonly RunFacts[],
  membershipsOf: (runId: string) => readonly Membership[],
): readonly Board[] {
  const boards = new Map<string, { measure: MeasureId; smoke: boolean; signature: string; runs: RunFacts[] }>();
  for (const run of runs) {
    const memberships = membershipsOf(run.runId);
    const smoke = isSmokeRun(run, memberships);
    for (const measure of measureIds) {
      const score = run.scores[measure];
      // Only what is scored image by image can be compared on the same images.
      if (score?.images === undefined) continue;
      const key = JSON.stringify([run.dataSet.fingerprint, run.split, measure, score.signature, score.images, smoke]);
      const board = boards.get(key) ?? { measure, smoke, signature: score.signature, runs: [] };
      board.runs.push(run);
      boards.set(key, board);
    }
  }
  return [...boards]
    .map(([key, board]) => {
      const id = sha256(key).slice(0, 12);
      const systems = rankedSystems(board.runs, board.measure, membershipsOf);
      return {
        id: `board-${id}`,
        path: `boards/${id}.html`,
        measure: board.measure,
        smoke: board.smoke,
        signature: board.signature,
        systems,
      };
    })
    .sort((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
}

function rankedSystems(
  runs: readonly RunFacts[],
  measure: MeasureId,
  membershipsOf: (runId: string) => readonly Membership[],
): readonly RankedSystem[] {
  const systems = new Map<string, RunFacts[]>();
  for (const run of runs) systems.set(run.system, [...(systems.get(run.system) ?? []), run]);
  const sign = measures[measure].higherIsBetter ? -1 : 1;
  return [...systems]
    .map(([system, members]) => {
      const memberships = uniqueMemberships(members.flatMap(({ runId }) => membershipsOf(runId)));
      const value = members.reduce((sum, { scores }) => sum + scores[measure]!.value, 0) / members.length;
      return {
        system,
        label: memberships[0]?.armLabel ?? `configuration ${system.slice(0, 8)}`,
        memberships,
        runs: [...members].sort((left, right) => left.seed - right.seed || (left.runId < right.runId ? -1 : 1)),
        value,
      };
    })
    .sort((left, right) => sign * (left.value - right.value) || (left.system < right.system ? -1 : 1));
}

function uniqueMemberships(all: readonly Membership[]): readonly Membership[] {
  const bySuite = new Map(all.map((membership) => [membership.suite.path, membership]));
  return [...bySuite.values()].sort((left, right) => (left.suite.path < right.suite.path ? -1 : 1));
}

/** Whole measures before their parts (`accuracy` before `accuracy/open`). */
function orderOf({ smoke, measure, systems, id }: Board): string {
  const part = measure.startsWith('accuracy/') ? 1 : 0;
  const place = String(measureIds.indexOf(measure)).padStart(3, '0');
  return JSON.stringify([smoke ? 1 : 0, part, systems[0]!.runs[0]!.dataSet.name, place, id]);
}

/** Letters of tie groups by system, and how they were found. */
export interface TieGroups {
  readonly letters: Readonly<Record<string, string>>;
  readonly comparison: string;
}

export function boardView(board: Board, { letters, comparison }: TieGroups): BoardView {
  const { id, path, measure, smoke, signature, systems } = board;
  const first = systems[0]!.runs[0]!;
  return {
    id,
    path,
    dataSet: first.dataSet.name,
    split: first.split,
    metric: measures[measure].label,
    axis: measures[measure].axis,
    higherIsBetter: measures[measure].higherIsBetter,
    smoke,
    signature,
    rows: systems.map((system, index) => rowView(system, index + 1, measure, letters[system.system] ?? '')),
    comparison,
  };
}

function rowView(
  { label, memberships, runs, value }: RankedSystem,
  rank: number,
  measure: MeasureId,
  group: string,
): BoardRowView {
  const scores = runs.map(({ scores }) => scores[measure]!);
  const interval =
    scores.length > 1
      ? intervalOverSeeds(
          scores.map((score) => score.value),
          measureBounds(measure),
        )
      : scores[0]!.interval;
  return {
    rank,
    label,
    suites: memberships.map(({ suite }) => suite),
    runs: runs.map(({ runId, seed }) => ({ label: `seed ${seed}`, path: `runs/${runId}/index.html` })),
    engine: [...new Set(runs.map(({ engine }) => engine))].join(', '),
    value,
    ...(interval === undefined ? {} : { interval }),
    images: scores[0]!.images!,
    group,
  };
}
