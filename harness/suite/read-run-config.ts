/** Reads the CONFIG.yaml of `vlm-bench train` with the checks that the arms of a suite pass. */
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { infeasibilities } from './checks/feasibility.js';
import { checkYaml, refuseComplaints } from './read-yaml.js';
import { runConfigSchema } from './run-config-schema.js';
import { readYamlSource } from './yaml-source.js';

/** @throws UserError with file:line:column for whatever is wrong, or cannot be trained or scored */
export function readRunConfig(file: string): RunConfig {
  const source = readYamlSource(file);
  const context = { sources: [source], code: 'config-invalid' } as const;
  const config = checkYaml(source.value, { ...context, schema: runConfigSchema }) as RunConfig;
  refuseComplaints(infeasibilities(config), { ...context, value: source.value });
  return config;
}
