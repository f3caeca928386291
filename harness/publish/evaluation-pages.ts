/** Evaluations in a site: each page, rendered again from what its record says that it shows, and the record with its scores. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { renderEvaluationPage } from '../../reports/evaluation/evaluation-page.js';
import type { EvaluationPageView } from '../../reports/evaluation/evaluation-view.js';
import { UserError } from '../errors.js';
import { readJson } from '../files/read-input.js';
import { existsAnew } from '../files/seen-anew.js';
import { evaluationPaths, readEvaluation } from '../records/evaluation-record.js';
import type { EvaluationSource } from './collect-records.js';
import type { SiteUnits } from './site-units.js';

/** What the pages over everything show of it; plain JSON. */
export interface PublishedEvaluation {
  readonly title: string;
  /** Who scored what, with the interval. */
  readonly sentence: string;
  readonly status: EvaluationPageView['status'];
  readonly path: string;
  readonly json: string;
}

const text = z.string();

const viewSchema: z.ZodType<EvaluationPageView> = z.strictObject({
  title: text,
  model: text,
  status: z.enum(['complete', 'failures-allowed', 'incomplete']),
  sentence: text,
  warnings: z.array(text),
  scores: z.array(z.strictObject({ name: text, score: text, interval: text, questions: text })),
  facts: z.array(z.strictObject({ label: text, value: text })),
  failures: z.array(z.strictObject({ reason: text, times: text })),
  signatures: z.array(text),
  samples: z.array(
    z.strictObject({ itemId: text, picture: text, prompt: text, references: z.array(text), said: text, note: text }),
  ),
  published: z.array(
    z.strictObject({
      model: text,
      setting: text,
      column: text,
      value: text,
      comparable: text,
      caveat: text,
      source: z.strictObject({ citation: text, address: text }),
    }),
  ),
});

/** Named after its content, so that the same one from two folders is one. @throws UserError `record-corrupt` */
export function publishEvaluations(
  sources: readonly EvaluationSource[],
  units: SiteUnits,
): readonly PublishedEvaluation[] {
  const published = sources.map(({ folder, stamp }) => {
    const id = `evaluation:${stamp}`;
    if (units.keep(id, stamp)) return units.earlier(id) as PublishedEvaluation;
    const paths = evaluationPaths(folder);
    const view = readView(paths.pageView);
    const { status } = readEvaluation(folder);
    const base = `evaluations/${stamp.slice(0, 16)}`;
    const evaluation: PublishedEvaluation = {
      title: `${view.title}: ${view.model}`,
      sentence: view.sentence,
      status,
      path: `${base}/index.html`,
      json: `${base}/evaluation.json`,
    };
    const writer = units.begin(id, stamp, evaluation);
    writer.write(evaluation.path, renderEvaluationPage(view, { home: '../../index.html' }));
    writer.write(evaluation.json, readFileSync(paths.record));
    if (existsAnew(paths.scores)) writer.write(`${base}/scores.json`, readFileSync(paths.scores));
    return evaluation;
  });
  return [...published].sort((left, right) => (left.title < right.title ? -1 : left.title > right.title ? 1 : 0));
}

function readView(file: string): EvaluationPageView {
  const parsed = viewSchema.safeParse(readJson(file));
  if (parsed.success) return parsed.data;
  throw new UserError({
    code: 'record-corrupt',
    what: 'what the page of the evaluation shows is damaged, or of another version',
    where: `${file}, ${parsed.error.issues[0]!.path.join('.')}`,
    expected: 'the file as `vlm-bench evaluate` wrote it',
    fix: 'run the same evaluation again: its answers are kept',
  });
}
