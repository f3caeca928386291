/** The page of an evaluation: scores, what became of every request, answers with their pictures. One self-contained file without script. */
import { renderDocument } from '../document.js';
import { safeImageData, safeWebAddress } from '../safe-links.js';
import { compilePage, readReportAsset } from '../templates.js';
import type { EvaluationPageView } from './evaluation-view.js';

const tones: Readonly<Record<EvaluationPageView['status'], { readonly tone: string; readonly sign: string }>> = {
  complete: { tone: 'reproduced', sign: '✓' },
  'failures-allowed': { tone: 'inconclusive', sign: '!' },
  incomplete: { tone: 'contradicted', sign: '✗' },
};

/**
 * @param home relative address of the site that the page is part of
 * @returns the complete HTML document. Equal views give equal bytes.
 */
export function renderEvaluationPage(view: EvaluationPageView, { home = '' }: { readonly home?: string } = {}): string {
  return renderDocument({
    title: `${view.title}: ${view.model}`,
    kind: 'evaluation',
    home,
    tags: [{ label: 'model', value: view.model }],
    skip: { target: 'samples', label: 'Skip to the answers' },
    css: readReportAsset('gate/gate.css'),
    body: compilePage('evaluation/evaluation', [], { document: 'answers.jsonl' })({
      ...view,
      byQuestions: view.scores.some(({ questions }) => questions !== ''),
      samples: view.samples.map((sample) => ({ ...sample, picture: safeImageData(sample.picture) ?? '' })),
      published: view.published.map((row) => ({
        ...row,
        source: { ...row.source, address: safeWebAddress(row.source.address) ?? '' },
      })),
      ...tones[view.status],
    }),
    footer: '<p>Made by vlm-bench from the log of every answer; no number on this page was typed by hand.</p>',
  });
}
