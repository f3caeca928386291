/** What a run finds in its environment and that decides how it computes: executors hand it on, as other machines do not have this one's. */
import { TORCH_VARIABLES } from '../../../reference-model/engines/torch/settings.js';

/** Name and value of each variable that is set here, in a fixed order. */
export function jobEnvironment(environment: NodeJS.ProcessEnv = process.env): readonly (readonly [string, string])[] {
  return Object.values(TORCH_VARIABLES).flatMap((name) => {
    const { [name]: value = '' } = environment;
    return value === '' ? [] : [[name, value] as const];
  });
}
