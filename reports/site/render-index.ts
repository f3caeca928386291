/** The first page of a site: findings with their verdicts, leaderboards, comparisons, evaluations and the newest results, bounded in size. */
import { formatCount } from '../numbers.js';
import { claimVerdictsOf, verdictOf } from './render-suite.js';
import { hrefFrom, renderSitePage, shownText } from './site-page.js';
import type { ComparisonRowView, SiteIndexView } from './site-views.js';
import { boardTable, boardTitle, runTable } from './tables.js';

/** So many stay below 300 kB with the longest texts; what is left out is one link away. */
const SUITES = 60;
const BOARDS = 8;
const ROWS_PER_BOARD = 12;
const LINKED_BOARDS = 100;
/** Of each of the two lists. */
const COMPARISONS = 100;

export function renderSiteIndex(view: SiteIndexView): string {
  const { frame, suites, boards, comparisons, evaluations, newest, runs, samples } = view;
  const shownBoards = boards.slice(0, BOARDS);
  const listed = (rows: readonly ComparisonRowView[]) =>
    rows.slice(0, COMPARISONS).map(({ title, sentence, path }) => ({ title, sentence, href: hrefFrom(frame, path) }));
  return renderSitePage({
    template: 'index',
    frame,
    title: frame.siteTitle,
    kind: 'results',
    skip: { target: 'leaderboards', label: 'Skip to the leaderboards' },
    context: {
      title: frame.siteTitle,
      counts: [
        counted(suites.length, 'suite'),
        counted(runs, 'run'),
        counted(samples, 'sample'),
        counted(comparisons.length, 'comparison'),
        ...(evaluations.length === 0 ? [] : [counted(evaluations.length, 'evaluation')]),
      ].join(', '),
      suites: suites.slice(0, SUITES).map((suite) => ({
        href: hrefFrom(frame, suite.path),
        title: shownText(suite.title, 100),
        claim: shownText(suite.claim, 240),
        scope: shownText(suite.scope ?? '', 300),
        dataSet: suite.dataSet,
        smoke: suite.smoke,
        runs: counted(suite.runs.length, 'run'),
        verdict: verdictOf(suite),
        claims: claimVerdictsOf(suite).map(({ statement, ...chip }) => ({
          ...chip,
          statement: shownText(statement, 120),
        })),
      })),
      moreSuites: suites.length > SUITES ? formatCount(suites.length - SUITES) : '',
      boards: shownBoards.map((board) => ({
        id: board.id,
        title: boardTitle(board),
        href: hrefFrom(frame, board.path),
        table: boardTable(frame, board, ROWS_PER_BOARD),
        more: board.rows.length > ROWS_PER_BOARD,
        total: formatCount(board.rows.length),
      })),
      moreBoards: boards
        .slice(BOARDS, BOARDS + LINKED_BOARDS)
        .map((board) => ({ title: boardTitle(board), href: hrefFrom(frame, board.path) })),
      suiteNames: [
        ...new Set(
          shownBoards.flatMap(({ rows }) => rows.slice(0, ROWS_PER_BOARD).flatMap((row) => row.suites[0]?.label ?? [])),
        ),
      ],
      comparisons: listed(comparisons),
      evaluations: listed(evaluations),
      hasRuns: runs > 0,
      newest: runTable(frame, newest, 'The runs that finished last.'),
      runs: formatCount(runs),
    },
  });
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
