/** The images (or questions) that all of several files of predictions name, so that systems which lack some can still be compared. */
import { existsSync, statSync } from 'node:fs';
import { UserError } from '../errors.js';
import { predictedQuestions } from '../score/pair-answers.js';
import { predictedImages } from '../score/pair-captions.js';
import { readJsonFile, tableFormat } from '../score/rows.js';
import { isWorkbook } from '../score/workbook.js';
import type { Scoring } from './from-predictions.js';

/**
 * The same scoring on the common part alone.
 * @throws UserError for anything but predictions, whose scores cannot be computed anew, and where nothing is common
 */
export async function onCommonImages(paths: readonly string[], scoring: Scoring | undefined): Promise<Scoring> {
  if (scoring === undefined) {
    throw refused('--common needs references to score the common images against', '--common', 'add --references FILE');
  }
  let common: ReadonlySet<string> | undefined;
  for (const path of paths) {
    if (!(await holdsPredictions(path, scoring))) {
      throw refused(
        `${path} is no file of predictions, so it cannot be scored on the common images alone`,
        path,
        'name files of predictions, or score the same images on all sides and leave --common out',
      );
    }
    const own = await namedIn(path, scoring);
    const before = common;
    common = before === undefined ? own : new Set([...own].filter((id) => before.has(id)));
  }
  if (common !== undefined && common.size > 0) return { ...scoring, only: common };
  throw refused('no image is in all files', paths.join(', '), 'name predictions of the same images');
}

function namedIn(path: string, scoring: Scoring): Promise<ReadonlySet<string>> {
  const { references, dataset } = scoring;
  return dataset === undefined
    ? predictedImages(references, path, scoring)
    : predictedQuestions(references, path, scoring);
}

async function holdsPredictions(path: string, { reading }: Scoring): Promise<boolean> {
  if (!existsSync(path) || statSync(path).isDirectory()) return false;
  if (isWorkbook(path) || (await tableFormat(path, reading)) !== 'json') return true;
  const document = await readJsonFile(path, reading);
  return !(typeof document === 'object' && document !== null && Object.hasOwn(document, 'format'));
}

function refused(what: string, where: string, fix: string): UserError {
  return new UserError({
    code: 'score-invalid',
    what,
    where,
    expected: 'files of predictions with at least one image in common',
    fix,
  });
}
