/** The page of one suite: its claim and verdict, its arms and runs, and the way to the full report. */
import { safeWebAddress } from '../safe-links.js';
import { sentenceBesideWord, verdictChip } from '../sections/verdict-words.js';
import { badgeOf } from './badge-link.js';
import { hrefFrom, renderSitePage, shownText } from './site-page.js';
import type { SuitePageView, SuiteView } from './site-views.js';
import { boardTitle, leftOut, runTable } from './tables.js';

/** Those of the claims, where there is none of all together. */
export function claimVerdictsOf({ claims = [] }: SuiteView) {
  return claims.map(({ statement, ...verdict }) => ({
    ...verdictChip(verdict.verdict),
    statement: shownText(statement, 400),
    sentence: shownText(sentenceBesideWord(verdict), 1000),
  }));
}

export function verdictOf({ verdict }: SuiteView) {
  return verdict === undefined
    ? null
    : { ...verdictChip(verdict.verdict), sentence: shownText(sentenceBesideWord(verdict), 1000) };
}

const RUNS = 500;

export function renderSuitePage({ frame, suite, boards }: SuitePageView): string {
  return renderSitePage({
    template: 'suite',
    frame,
    title: suite.title,
    kind: 'suite',
    smoke: suite.smoke,
    skip: { target: 'arms', label: 'Skip to the arms' },
    context: {
      suite: {
        title: shownText(suite.title, 160),
        claim: shownText(suite.claim, 600),
        scope: shownText(suite.scope ?? '', 600),
        citation: suite.source.citation,
        sourceAddress: safeWebAddress(suite.source.url) ?? '',
        verdict: verdictOf(suite),
        claims: claimVerdictsOf(suite),
        report: hrefFrom(frame, suite.report),
        arms: suite.arms.map(({ label, description }) => ({
          label: shownText(label, 100),
          description: shownText(description, 500),
        })),
        command: shownText(suite.command, 600),
      },
      boards: boards.map((board) => ({ title: boardTitle(board), href: hrefFrom(frame, board.path) })),
      table: runTable(frame, suite.runs.slice(0, RUNS), 'The runs of this suite.'),
      more: leftOut(suite.runs.length, RUNS),
      badge: badgeOf(frame, { badge: suite.badge, page: suite.path, name: suite.title }),
    },
  });
}
