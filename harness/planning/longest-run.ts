/** How long the longest training of a plan takes, from what was measured on this machine before; a time limit is derived from it. */
import { maskFamily } from '../../reference-model/recipe/mask-family.js';
import { codeVersion } from '../records/code-version.js';
import { type DataPlace, loadDataSets } from '../run/load-data-sets.js';
import type { EngineChoice } from '../run/machinery.js';
import type { Plan } from '../suite/plan.js';
import { calibrationConfig, nodeSeconds } from './calibration.js';
import { calibrationFile, hasCalibrations, storedCalibration } from './calibration-store.js';
import { runGraph } from './run-graph.js';
import { tokenCounter } from './token-counter.js';

/** @returns undefined where nothing was measured yet (`plan --calibrate` does) */
export async function longestRunSeconds(
  plan: Plan,
  { engine, ...place }: DataPlace & { readonly engine: EngineChoice },
): Promise<number | undefined> {
  const file = calibrationFile();
  if (!hasCalibrations(file)) return undefined;
  const configs = plan.runs.map(({ config }) => config);
  const { referenceModel } = await import('../run/reference-model.js');
  const { name, numerics } = await referenceModel.activateEngine(
    engine,
    maskFamily(configs.map(({ recipe }) => recipe)),
  );
  const calibrated = { engine: name, engineNumerics: numerics, codeVersion: codeVersion() };
  const graph = runGraph(plan, tokenCounter(await loadDataSets(referenceModel, configs, place)));
  const config = calibrationConfig(graph.trainings.map((training) => training.config));
  const calibration = storedCalibration(file, { ...calibrated, config });
  if (calibration === undefined) return undefined;
  const seconds = graph.nodes.map((node) => nodeSeconds(node, calibration));
  if (seconds.some((time) => time === undefined)) return undefined;
  return calibration.startSeconds + Math.max(...seconds.map(Number));
}
