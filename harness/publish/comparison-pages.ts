/** A comparison in a site: its page, rendered again from its checked numbers, and the document that holds them. */
import { readFileSync } from 'node:fs';
import type { ComparisonSite } from '../../reports/index.js';

/** What the pages over everything show of it; plain JSON. */
export interface PublishedComparison {
  readonly title: string;
  /** What the tests of its first metric come to. */
  readonly sentence: string;
  /** The runs that it names, as far as they are ids of runs; sorted. */
  readonly runIds: readonly string[];
  readonly path: string;
  readonly json: string;
}

/**
 * @param folder path in the site
 * @throws UserError `data-invalid` for a file that is no comparison of this version
 */
export async function comparisonPages(
  file: string,
  folder: string,
  { siteTitle, hasRun }: { readonly siteTitle: string; readonly hasRun: (runId: string) => boolean },
): Promise<{
  readonly comparison: PublishedComparison;
  readonly files: readonly { readonly path: string; readonly content: string | Uint8Array }[];
}> {
  const { readComparison } = await import('../compare/read-comparison.js');
  const { comparisonSentence, comparisonTitle, renderComparison } = await import('../../reports/index.js');
  const view = readComparison(file);
  const comparison = {
    title: comparisonTitle(view),
    sentence: comparisonSentence(view),
    runIds: [...new Set(view.systems.flatMap(({ runIds }) => runIds))].filter((id) => /^[0-9a-f]{20}$/.test(id)).sort(),
    path: `${folder}/index.html`,
    json: `${folder}/comparison.json`,
  };
  const site: ComparisonSite = {
    title: siteTitle,
    root: '../../',
    runPage: (runId) => (hasRun(runId) ? `../../runs/${runId}/index.html` : undefined),
  };
  return {
    comparison,
    files: [
      { path: comparison.path, content: renderComparison(view, { site }) },
      { path: comparison.json, content: readFileSync(file) },
    ],
  };
}
