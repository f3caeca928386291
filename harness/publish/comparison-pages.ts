/** A comparison in a site: its page, rendered again from its checked numbers, and the document that holds them. */
import { readFileSync } from 'node:fs';

export interface PublishedComparison {
  readonly title: string;
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
): Promise<{
  readonly comparison: PublishedComparison;
  readonly files: readonly { readonly path: string; readonly content: string }[];
}> {
  const { readComparison } = await import('../compare/read-comparison.js');
  const { comparisonTitle, renderComparison } = await import('../../reports/index.js');
  const view = readComparison(file);
  const comparison = {
    title: comparisonTitle(view),
    path: `${folder}/index.html`,
    json: `${folder}/comparison.json`,
  };
  return {
    comparison,
    files: [
      { path: comparison.path, content: renderComparison(view, { home: '../../index.html' }) },
      { path: comparison.json, content: readFileSync(file, 'utf8') },
    ],
  };
}
