/** A system from an evaluation: the scores of every image that lie beside its record, unless answers are missing. */
import { UserError } from '../errors.js';
import { evaluationPaths, readEvaluation } from '../records/evaluation-record.js';
import { readJsonFile } from '../score/rows.js';
import { parseScoresFile } from './scores-document.js';
import type { System } from './system.js';

/** @throws UserError `score-invalid` for an evaluation that is not complete, `record-corrupt` or `data-invalid` for a damaged one */
export async function systemOfEvaluation(folder: string): Promise<System> {
  const { status, unscored, items } = readEvaluation(folder);
  const { scores } = evaluationPaths(folder);
  if (status === 'incomplete') {
    throw new UserError({
      code: 'score-invalid',
      what: `the evaluation is incomplete: ${unscored} of ${items.chosen} have no answer that is scored`,
      where: folder,
      expected: 'an answer for everything that was asked',
      fix: 'run the same `vlm-bench evaluate` again; it asks for what is missing alone',
    });
  }
  const system = parseScoresFile(await readJsonFile(scores), scores);
  return { ...system, origin: { ...system.origin, paths: [folder] } };
}
