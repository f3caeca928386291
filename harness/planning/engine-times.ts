/**
 * How long a plan would take on each engine of this machine: from a calibration that is stored or made now. Engines that cannot run are
 * listed with the reason. Loaded only with the reference model.
 */
import { availableParallelism } from 'node:os';
import { type DataSets, diagnoseEngines, type EngineName } from '../../reference-model/index.js';
import { maskFamily } from '../../reference-model/recipe/mask-family.js';
import { codeVersion } from '../records/code-version.js';
import type { EngineChoice } from '../run/machinery.js';
import { referenceModel } from '../run/reference-model.js';
import {
  type Calibration,
  type CalibrationIdentity,
  calibrate,
  calibrationConfig,
  nodeSeconds,
} from './calibration.js';
import { calibrationFile, hasCalibrations, storeCalibration, storedCalibration } from './calibration-store.js';
import type { RunGraph } from './run-graph.js';
import { bestPlaces, remainingTasks, type Task } from './schedule.js';

export interface EngineTime {
  readonly engine: EngineName;
  readonly available: boolean;
  /** Why it is unavailable, and how to fix that. */
  readonly reason?: string;
  readonly remedy?: string;
  /** Absent where nothing was measured on this machine yet. */
  readonly calibration?: Calibration;
  readonly seconds?: PlanSeconds;
}

export interface PlanSeconds {
  /** Trainings at the same time that the estimate is for: no more than there are cores, and fewer where one more would make it longer. */
  readonly jobs: number;
  /** Of all trainings, one after the other. */
  readonly work: number;
  /** From nothing to the last result. */
  readonly wall: number;
  /** As `wall`, without what is recorded already. */
  readonly remaining: number;
}

export interface TimingOptions {
  readonly engine: EngineChoice;
  readonly jobs?: number;
  /** Of the whole plan, and how long they took to load. */
  readonly dataSets: DataSets;
  readonly startSeconds: number;
  /** Whether each node of the graph is recorded. */
  readonly recorded: readonly boolean[];
  /** Measure again, whatever is stored. */
  readonly calibrate: boolean;
  readonly onCalibration: (engine: EngineName) => void;
}

export async function engineTimes(graph: RunGraph, options: TimingOptions): Promise<readonly EngineTime[]> {
  const { engine: choice, dataSets, startSeconds } = options;
  const file = calibrationFile();
  const configs = graph.trainings.map((training) => training.config);
  const config = calibrationConfig(configs);
  const masks = maskFamily(configs.map(({ recipe }) => recipe));
  const times: EngineTime[] = [];
  for (const diagnosis of await diagnoseEngines()) {
    const { name: engine } = diagnosis;
    if (choice !== 'auto' && choice !== engine) continue;
    if (!diagnosis.available) {
      const { reason, remedy } = diagnosis;
      times.push({ engine, available: false, reason, remedy });
      continue;
    }
    if (!options.calibrate && !hasCalibrations(file)) {
      times.push({ engine, available: true });
      continue;
    }
    const { numerics } = await referenceModel.activateEngine(engine, masks);
    const identity: CalibrationIdentity = { engine, engineNumerics: numerics, codeVersion: codeVersion(), config };
    let calibration = options.calibrate ? undefined : storedCalibration(file, identity);
    if (options.calibrate) {
      options.onCalibration(engine);
      calibration = await calibrate(config, { machinery: referenceModel, dataSets, startSeconds });
      storeCalibration(file, identity, calibration);
    }
    const seconds = calibration === undefined ? undefined : planSeconds(graph, calibration, options);
    times.push({
      engine,
      available: true,
      ...(calibration === undefined ? {} : { calibration }),
      ...(seconds === undefined ? {} : { seconds }),
    });
  }
  return times;
}

/** @returns undefined where the calibration lacks a kind of stage */
export function planSeconds(
  { nodes, trainings }: RunGraph,
  calibration: Calibration,
  { jobs = availableParallelism(), recorded }: Pick<TimingOptions, 'jobs' | 'recorded'>,
): PlanSeconds | undefined {
  const tasks = tasksOf({ nodes, trainings }, calibration);
  if (tasks === undefined) return undefined;
  const atHand = Math.min(jobs, availableParallelism());
  const { places, seconds: all } = bestPlaces(tasks, atHand);
  const left = remainingTasks(tasks, (index) => recorded[index]!);
  const { seconds: leftSeconds } = bestPlaces(left, places);
  const { startSeconds } = calibration;
  return {
    jobs: places,
    work: tasks.reduce((sum, { seconds }) => sum + seconds, startSeconds * places),
    wall: startSeconds + all,
    remaining: leftSeconds === 0 ? 0 : startSeconds + leftSeconds,
  };
}

/** What each node of the graph takes; undefined where the calibration lacks a kind of stage. */
export function tasksOf(
  { nodes, trainings }: Pick<RunGraph, 'nodes' | 'trainings'>,
  calibration: Calibration,
): readonly Task[] | undefined {
  const tasks: Task[] = [];
  for (const [index, node] of nodes.entries()) {
    const seconds = nodeSeconds(node, calibration);
    if (seconds === undefined) return undefined;
    const { from } = trainings[index]!;
    tasks.push({ seconds, ...(from === undefined ? {} : { after: from }) });
  }
  return tasks;
}
