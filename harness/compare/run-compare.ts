/** What `vlm-bench compare` does, from options to files: `index.html` for readers and `comparison.json` for programs and for `publish`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { readBytes } from '../../reference-model/files/regular-file.js';
import { renderComparison } from '../../reports/comparison/comparison-page.js';
import { COMPARISON_FORMAT, type ComparisonView } from '../../reports/comparison/comparison-view.js';
import { UserError } from '../errors.js';
import { logJson, printJson, printNote, printText } from '../log-text.js';
import { type ScoringOptions, scoringOf } from '../systems/scoring-options.js';
import { buildComparisonView } from './build-comparison-view.js';
import { readCompareInputs } from './compare-inputs.js';
import { comparisonText } from './print-comparison.js';

export interface CompareOptions extends ScoringOptions {
  readonly common?: true;
  readonly out: string;
  readonly metric?: readonly string[];
  readonly images?: string;
  readonly resamples: number;
  readonly bootstrapSeed: number;
  readonly json?: true;
}

/** @throws UserError or MetricError; nothing is written then */
export async function runCompare(inputs: readonly string[], options: CompareOptions): Promise<void> {
  const { out, metric, images, resamples, bootstrapSeed, common, json } = options;
  requireOwnFolder(out);
  const systems = await readCompareInputs(inputs, scoringOf(options), { common: common === true });
  const view = await buildComparisonView(systems, {
    ...(metric === undefined ? {} : { metrics: metric }),
    ...(images === undefined ? {} : { images }),
    resamples,
    seed: bootstrapSeed,
  });
  const page = renderComparison(view);
  const document = comparisonJson(view);
  const file = join(out, 'index.html');
  writeFileAtomically(join(out, 'comparison.json'), document);
  writeFileAtomically(file, page);
  if (json === true) printJson(view);
  else printText(comparisonText(view));
  printNote(file);
}

/** Equal views give equal bytes. */
function comparisonJson(view: ComparisonView): string {
  return `${logJson(view)}\n`;
}

/** A folder may hold an earlier comparison, but neither a page nor a document of anything else. */
function requireOwnFolder(out: string): void {
  const document = join(out, 'comparison.json');
  const foreign = existsSync(document) ? (isComparison(document) ? undefined : document) : join(out, 'index.html');
  if (foreign === undefined || !existsSync(foreign)) return;
  throw new UserError({
    code: 'usage',
    what: 'the folder holds a file that is not of a comparison',
    where: foreign,
    expected: 'a new folder, or one of an earlier comparison',
    fix: 'name another folder with --out',
  });
}

function isComparison(file: string): boolean {
  return readBytes(file).subarray(0, 200).includes(COMPARISON_FORMAT.replace(/ \d+$/, ' '));
}
