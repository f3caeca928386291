/** The pages that list: a leaderboard with all its systems, all runs in pages, and the search over the site. */
import { formatCount } from '../numbers.js';
import { hrefFrom, pagerLinks, rangeText, renderSitePage } from './site-page.js';
import type { BoardPageView, RunListView, SearchView } from './site-views.js';
import { boardTable, boardTitle, leftOut, runTable } from './tables.js';

/** More than that no table of a page holds; the rest is in index.json. */
const SYSTEMS = 1000;

export function renderBoardPage({ frame, board }: BoardPageView): string {
  return renderSitePage({
    template: 'board',
    frame,
    title: boardTitle(board),
    kind: 'leaderboard',
    smoke: board.smoke,
    skip: { target: 'board', label: 'Skip to the systems' },
    context: {
      title: boardTitle(board),
      comparison: board.comparison,
      signature: board.signature,
      table: boardTable(frame, board, SYSTEMS),
      more: leftOut(board.rows.length, SYSTEMS),
    },
  });
}

export function renderRunList({ frame, page, pages, total, rows }: RunListView): string {
  const range = rangeText(pages[page - 1]!);
  return renderSitePage({
    template: 'runs-page',
    frame,
    title: `Runs ${range}`,
    kind: 'runs',
    skip: { target: 'runs', label: 'Skip to the runs' },
    context: {
      range,
      total: formatCount(total),
      pages: pagerLinks(frame, pages, page),
      table: runTable(
        frame,
        rows,
        'Every run of the site with its leading score; select a run for its samples and its record.',
      ),
    },
  });
}

export function renderSearchPage({ frame, entries, omitted }: SearchView): string {
  return renderSitePage({
    template: 'search',
    frame,
    title: 'Search',
    kind: 'search',
    skip: { target: 'results', label: 'Skip to the pages' },
    context: {
      kinds: [...new Set(entries.map(({ kind }) => kind))],
      omitted: omitted === 0 ? '' : formatCount(omitted),
      entries: entries.map(({ kind, title, words, path }) => ({ kind, title, words, href: hrefFrom(frame, path) })),
    },
  });
}
