/**
 * Reads the settings of executors: `--executor` and `--set` go before `vlm-bench.config.yaml` in the working directory, or before the
 * file of `--config`. Every complaint names the file, line and column, or the option.
 */
import { existsSync } from 'node:fs';
import { UserError } from '../errors.js';
import { checkYaml } from '../suite/read-yaml.js';
import { readYamlSource, type YamlSource, yamlSource } from '../suite/yaml-source.js';
import { type ExecutorName, type ExecutorSettings, executorSettingsSchema } from './executor-settings.js';

const settingsFile = 'vlm-bench.config.yaml';

export interface SettingsOptions {
  readonly executor?: ExecutorName;
  /** As `slurm.partition=gpu`; the value is YAML. */
  readonly set?: readonly string[];
  readonly config?: string;
  /** Runs at the same time; goes before `atOnce` of the executor. */
  readonly jobs?: number;
}

/** @throws UserError `config-invalid`, `suite-syntax`, `file-unreadable`, or `usage` for an option without `=` */
export function readExecutorSettings({ executor, set = [], config, jobs }: SettingsOptions = {}): ExecutorSettings {
  const file = config ?? (existsSync(settingsFile) ? settingsFile : undefined);
  const sources = [...set.map(sourceOfOption).reverse(), ...(file === undefined ? [] : [filledSource(file)])];
  const stated = sources
    .toReversed()
    .map(({ value }) => value)
    .reduce(overlaid, {});
  const settings = checkYaml(stated, {
    sources: [...sources, emptySource],
    schema: executorSettingsSchema,
    code: 'config-invalid',
  });
  const chosen = { ...settings, ...(executor === undefined ? {} : { executor }) };
  if (jobs === undefined) return chosen;
  return {
    ...chosen,
    slurm: { ...chosen.slurm, atOnce: jobs },
    kubernetes: { ...chosen.kubernetes, atOnce: jobs },
  };
}

/** Owns what nobody states, so that a complaint about it has a place. */
const emptySource = yamlSource('{}', settingsFile);

/** A file in which everything is commented out states nothing. */
function filledSource(file: string): YamlSource {
  const source = readYamlSource(file);
  return source.document.contents === null || source.value === null ? { ...source, value: {} } : source;
}

function sourceOfOption(option: string): YamlSource {
  const [, path, value] = /^([A-Za-z]+(?:\.[A-Za-z]+)*)=(.*)$/s.exec(option) ?? [];
  if (path === undefined || value === undefined) {
    const problem = {
      code: 'usage',
      what: `--set ${option} sets nothing`,
      expected: 'a setting and its value, such as --set slurm.partition=gpu',
      fix: 'write the name, an equals sign and the value',
    } as const;
    throw new UserError(problem, { exitCode: 2 });
  }
  const where = `--set ${option}`;
  const nested = path.split('.').reduceRight((inner, key) => `{ ${key}: ${inner} }`, value === '' ? '""' : value);
  try {
    const source = yamlSource(nested, where);
    return { ...source, at: () => where };
  } catch {
    // Text that is no YAML inside a map, such as `{{user}}`, is meant as it stands.
    const text = path.split('.').reduceRight((inner, key) => `{ ${key}: ${inner} }`, JSON.stringify(value));
    return { ...yamlSource(text, where), at: () => where };
  }
}

/** Maps are merged, everything else is replaced. */
function overlaid(below: unknown, above: unknown): unknown {
  if (!isPlainMap(below) || !isPlainMap(above)) return above;
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) merged[key] = key in below ? overlaid(below[key], value) : value;
  return merged;
}

function isPlainMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
