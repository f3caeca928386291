/** How much disk the record of a training takes. */
import type { Part } from '../../reference-model/model/config.js';
import { parameterCount } from '../../reference-model/model/parameter-count.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';

const bytesPerNumber = 4;
/** Typical lengths of lines in a record; they matter little beside the weights. */
const bytesPerStep = 290;
const bytesPerResponse = 340;
const bytesOfPapers = 40_000;

/**
 * An estimate in bytes: the final weights, the last two checkpoints (weights, and both moments of what the last stage trains), a line
 * per step and per response, and the record's papers.
 */
export function recordBytes({ model, recipe }: RunConfig, responses: number): number {
  const counts = parameterCount(model);
  const all = Object.values(counts).reduce((total, count) => total + count, 0);
  const last = recipe.stages.filter(({ steps }) => steps > 0).at(-1);
  const trained = (last?.trainable ?? []).reduce((total, part: Part) => total + counts[part], 0);
  const steps = recipe.stages.reduce((total, stage) => total + stage.steps, 0);
  const checkpoints = Math.min(2, Math.ceil(steps / recipe.checkpointEverySteps));
  return (
    bytesPerNumber * (all + checkpoints * (all + 2 * trained)) +
    bytesPerStep * steps +
    bytesPerResponse * responses +
    bytesOfPapers
  );
}
