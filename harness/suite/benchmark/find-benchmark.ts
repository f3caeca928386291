/** Finds and reads benchmarks: those of the package by their ids, and any other by its path. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../../errors.js';
import { closestName } from '../../files/closest-name.js';
import { shownPath } from '../../files/shown-path.js';
import { readPublishedTables } from '../published.js';
import { checkYaml, refuseComplaints } from '../read-yaml.js';
import { readYamlSource } from '../yaml-source.js';
import { type Benchmark, type BenchmarkSettings, benchmarkSchema } from './benchmark-schema.js';

const folder = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('#package/package.json')), 'suites', 'benchmarks');

/** Ids of the benchmarks of the package, sorted. */
export function shippedBenchmarkIds(): readonly string[] {
  return readdirSync(folder())
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

/**
 * The benchmark that a command line means: a file, or one of the package by its id.
 * @throws UserError `suite-unknown`, or with file:line:column for everything wrong in the file
 */
export function readBenchmark(fileOrId: string): Benchmark {
  const file = benchmarkFile(fileOrId);
  const sources = [readYamlSource(shownPath(file))];
  const { value } = sources[0]!;
  const benchmark = checkYaml(value, { sources, schema: benchmarkSchema, code: 'suite-invalid' });
  refuseComplaints(publishedComplaints(benchmark), { value, sources, code: 'suite-invalid' });
  return benchmark;
}

function benchmarkFile(fileOrId: string): string {
  const ids = shippedBenchmarkIds();
  if (ids.includes(fileOrId)) return join(folder(), `${fileOrId}.yaml`);
  if (existsSync(fileOrId)) return fileOrId;
  const closest = closestName(fileOrId, ids);
  throw new UserError({
    code: 'suite-unknown',
    what: `there is no benchmark ${fileOrId}`,
    where: fileOrId,
    expected: `one of ${ids.join(', ')}, or a YAML file of kind benchmark`,
    fix: closest === undefined ? 'name one of these' : `did you mean ${closest}?`,
  });
}

function publishedComplaints({ published }: Benchmark) {
  if (published === undefined) return [];
  const tables = readPublishedTables();
  const table = tables.find(({ id }) => id === published.table);
  if (table === undefined) {
    const known = tables.map(({ id }) => id);
    return [{ path: ['published', 'table'], message: `must name one of ${known.join(', ')}`, known }];
  }
  const known = Object.keys(table.columns);
  return published.columns.flatMap((name, index) =>
    known.includes(name)
      ? []
      : [{ path: ['published', 'columns', index], message: `must name one of ${known.join(', ')}`, known }],
  );
}

/** @throws UserError `usage` for a variant that the benchmark does not have */
export function settingsOf(benchmark: Benchmark, variant: string): BenchmarkSettings {
  const stated = Object.hasOwn(benchmark.variants, variant) ? benchmark.variants[variant] : undefined;
  if (stated === undefined) {
    const known = Object.keys(benchmark.variants);
    const closest = closestName(variant, known);
    throw new UserError(
      {
        code: 'usage',
        what: `${benchmark.id} has no variant ${JSON.stringify(variant)}`,
        where: '--variant',
        expected: `one of ${known.join(', ')}`,
        fix: closest === undefined ? 'name one of these' : `did you mean ${closest}?`,
      },
      { exitCode: 2 },
    );
  }
  const { data, prompt, decoding, cutAnswers, postProcessing, metrics, answerMatch } = benchmark;
  const { description: _, source: __, notComparable: ___, ...changes } = stated;
  return {
    ...{ data, prompt, decoding, cutAnswers, postProcessing, metrics },
    ...(answerMatch === undefined ? {} : { answerMatch }),
    ...changes,
  };
}
