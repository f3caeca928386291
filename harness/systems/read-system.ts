/**
 * Reads whatever stands for a system's scores on images: folders of runs, an arm of a reproduction (`FOLDER#ARM`), evaluations, predictions
 * to be scored against references, scores files and baselines. Several of them make one system with several records (retrained seeds).
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { STANDARD_INPUT } from '../../reference-model/files/input-stream.js';
import { UserError } from '../errors.js';
import { existsAnew } from '../files/seen-anew.js';
import { isEvaluation } from '../records/evaluation-record.js';
import { readJsonFile, tableFormat } from '../score/rows.js';
import { isWorkbook } from '../score/workbook.js';
import { BASELINE_FORMAT, parseBaseline } from './baseline.js';
import { requireDistinctPaths } from './distinct-records.js';
import { systemOfEvaluation } from './from-evaluation.js';
import { type Scoring, systemOfPredictions } from './from-predictions.js';
import { systemOfRun, systemsOfArm } from './from-records.js';
import { joinRecords } from './join-records.js';
import { parseScoresFile, SCORES_FORMAT } from './scores-document.js';
import type { System } from './system.js';

export interface SystemSource {
  /** Name for tables; without one the system is named after what it was read from. */
  readonly label?: string;
  /** Files and folders, each one or several records of the system; `FOLDER#ARM` is an arm of a reproduction. */
  readonly paths: readonly string[];
}

/** `[LABEL=]PATH[,PATH…]`; a path that exists is never taken apart. */
export function parseSystemSource(text: string): SystemSource {
  if (existsAnew(text)) return { paths: [text] };
  const [, label, rest = text] = /^([^=/\\#,]+)=(.+)$/.exec(text) ?? [];
  const paths = existsAnew(rest) ? [rest] : rest.split(',');
  return label === undefined ? { paths } : { label, paths };
}

/**
 * @param scoring what predictions are scored against; without it they are refused
 * @throws UserError or MetricError for anything that is missing, damaged or not one system
 */
export async function readSystem({ label, paths }: SystemSource, scoring?: Scoring): Promise<System> {
  requireDistinctPaths(paths);
  const parts: System[] = [];
  let name = label;
  for (const path of paths) {
    const read = await readPath(path, scoring);
    if (paths.length === 1) name ??= read.label;
    parts.push(...read.systems);
  }
  const system = joinRecords(parts, { ...(name === undefined ? {} : { label: name }), paths });
  if (system.metrics.length > 0) return system;
  throw new UserError({
    code: 'score-invalid',
    what: 'there are no scores of images here',
    where: paths.join(', '),
    expected: 'captions or answers about at least one image',
    fix: 'name records or predictions that cover images',
  });
}

async function readPath(
  path: string,
  scoring: Scoring | undefined,
): Promise<{ label?: string; systems: readonly System[] }> {
  const isThere = path === STANDARD_INPUT || existsAnew(path);
  const hash = path.lastIndexOf('#');
  if (!isThere && hash > 0 && existsAnew(path.slice(0, hash))) {
    const { label, runs } = systemsOfArm(path.slice(0, hash), path.slice(hash + 1));
    return { label, systems: runs };
  }
  if (isThere && path !== STANDARD_INPUT && statSync(path).isDirectory()) return readFolder(path);
  if (!isThere) {
    throw new UserError({
      code: 'file-unreadable',
      what: `there is no file or folder ${path}`,
      where: path,
      fix: 'check the path',
    });
  }
  if (!isWorkbook(path) && (await tableFormat(path, scoring?.reading)) === 'json') {
    const document = await readJsonFile(path, scoring?.reading);
    const format = formatOf(document);
    if (format === SCORES_FORMAT) return only(parseScoresFile(document, path));
    if (format === BASELINE_FORMAT) return only(parseBaseline(document, path).system);
    if (format !== undefined || (typeof document === 'object' && document !== null && 'metrics' in document)) {
      throw new UserError({
        code: 'data-invalid',
        what: format === undefined ? 'the file holds scores without images' : `the format is ${JSON.stringify(format)}`,
        where: path,
        expected: `${JSON.stringify(SCORES_FORMAT)} or ${JSON.stringify(BASELINE_FORMAT)} with the scores of every image`,
        fix: 'write the scores of every image with `vlm-bench score captions --per-image FILE.json`',
      });
    }
  }
  if (scoring !== undefined) return only(await systemOfPredictions(path, scoring));
  throw new UserError({
    code: 'usage',
    what: `${path} holds no scores, and predictions cannot be scored without references`,
    where: path,
    expected: 'the record of a run, a scores file in JSON, or predictions with --references',
    fix: 'add --references FILE; tables of scores in CSV say neither references nor signature: write JSON with `vlm-bench score captions --per-image FILE.json`',
  });
}

async function readFolder(folder: string): Promise<{ label?: string; systems: readonly System[] }> {
  if (existsAnew(join(folder, 'reproduction.json'))) {
    const { label, runs } = systemsOfArm(folder, undefined);
    return { label, systems: runs };
  }
  if (isEvaluation(folder)) return only(await systemOfEvaluation(folder));
  if (existsAnew(join(folder, 'result.json')) || existsAnew(join(folder, 'config.json')))
    return only(systemOfRun(folder));
  throw new UserError({
    code: 'record-missing',
    what: 'this folder is neither the record of a run nor a reproduction or an evaluation',
    where: folder,
    expected:
      '<results>/runs/<run id>, <results>/<suite>#<arm> for all seeds of an arm, or <results>/evaluations/<benchmark>/<model>',
    fix: 'name one of these',
  });
}

function only(system: System): { label: string; systems: readonly System[] } {
  return { label: system.label, systems: [system] };
}

function formatOf(document: unknown): unknown {
  return typeof document === 'object' && document !== null && 'format' in document ? document.format : undefined;
}
