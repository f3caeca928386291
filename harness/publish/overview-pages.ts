/** The pages over all records: the index, suites, leaderboards, lists of runs, search, feed and `index.json`. They are made anew each time. */
import {
  type BoardView,
  type FeedEntryView,
  type PageFrame,
  renderAtomFeed,
  renderBoardPage,
  renderRunList,
  renderSearchPage,
  renderSiteIndex,
  renderSuitePage,
  type SuiteView,
} from '../../reports/site/index.js';
import type { PublishedComparison } from './comparison-pages.js';
import type { PublishedEvaluation } from './evaluation-pages.js';
import { siteIndexJson } from './index-json.js';
import type { Membership } from './leaderboards.js';
import type { RunFacts } from './run-facts.js';
import { runRow } from './run-row.js';
import type { UnitWriter } from './site-units.js';
import type { SuiteFacts } from './suite-facts.js';

const RUNS_PER_PAGE = 250;
const NEWEST = 15;
const SEARCH_ENTRIES = 5_000;

export interface PublishedSuite {
  readonly slug: string;
  readonly facts: SuiteFacts;
}

export interface OverviewInput {
  readonly site: Pick<PageFrame, 'siteTitle' | 'baseUrl'>;
  readonly suites: readonly PublishedSuite[];
  readonly runs: readonly RunFacts[];
  readonly membershipsOf: (runId: string) => readonly Membership[];
  readonly boards: readonly BoardView[];
  readonly comparisons: readonly PublishedComparison[];
  readonly evaluations: readonly PublishedEvaluation[];
}

export function writeOverviewPages(input: OverviewInput, { write }: UnitWriter): void {
  const { site, runs, membershipsOf, boards, comparisons, evaluations } = input;
  const top: PageFrame = { ...site, root: '' };
  const newestFirst = [...runs].sort(
    (left, right) => right.finished - left.finished || (left.runId < right.runId ? -1 : 1),
  );
  const rows = newestFirst.map((run) => runRow(run, membershipsOf(run.runId)));
  const suites = input.suites.map((suite) => suiteView(suite, input));

  for (const suite of suites) {
    const own = boards.filter((board) => board.rows.some((row) => row.suites.some(({ path }) => path === suite.path)));
    write(suite.path, renderSuitePage({ frame: { ...site, root: '../../' }, suite, boards: own }));
  }
  for (const board of boards) write(board.path, renderBoardPage({ frame: { ...site, root: '../' }, board }));

  const pages = Array.from({ length: Math.max(1, Math.ceil(rows.length / RUNS_PER_PAGE)) }, (_, index) => ({
    path: index === 0 ? 'runs/index.html' : `runs/page-${String(index + 1).padStart(3, '0')}.html`,
    from: Math.min(rows.length, index * RUNS_PER_PAGE + 1),
    to: Math.min(rows.length, (index + 1) * RUNS_PER_PAGE),
  }));
  pages.forEach(({ path }, index) => {
    const frame: PageFrame = { ...site, root: '../' };
    const onPage = rows.slice(index * RUNS_PER_PAGE, (index + 1) * RUNS_PER_PAGE);
    write(path, renderRunList({ frame, page: index + 1, pages, total: rows.length, rows: onPage }));
  });

  const entries = searchEntries(suites, boards, rows, { comparisons, evaluations });
  const omitted = Math.max(0, entries.length - SEARCH_ENTRIES);
  write('search.html', renderSearchPage({ frame: top, entries: entries.slice(0, SEARCH_ENTRIES), omitted }));
  write('feed.xml', renderAtomFeed({ title: site.siteTitle, baseUrl: site.baseUrl, entries: feedEntries(input) }));
  write(
    'index.json',
    siteIndexJson({ title: site.siteTitle, baseUrl: site.baseUrl, suites, boards, runs, comparisons, evaluations }),
  );
  write(
    'index.html',
    renderSiteIndex({
      frame: top,
      suites,
      boards,
      comparisons,
      evaluations,
      newest: rows.slice(0, NEWEST),
      runs: rows.length,
      samples: runs.reduce((sum, { samples }) => sum + samples.images, 0),
    }),
  );
}

function suiteView({ slug, facts }: PublishedSuite, { runs, membershipsOf }: OverviewInput): SuiteView {
  const byId = new Map(runs.map((run) => [run.runId, run]));
  const { suiteId: _, arms, runs: planned, ...shown } = facts;
  const path = `suites/${slug}/index.html`;
  const labels = new Map(arms.map(({ id, label }) => [id, label]));
  return {
    ...shown,
    id: slug,
    arms,
    // In another suite the same run may play another part; here it is called by its part in this one.
    runs: planned.flatMap(({ runId, arm }) => {
      const run = byId.get(runId);
      return run === undefined
        ? []
        : [{ ...runRow(run, membershipsOf(runId)), label: labels.get(arm) ?? arm, suites: [] }];
    }),
    path,
    report: `suites/${slug}/report.html`,
    badge: `suites/${slug}/badge.svg`,
  };
}

function searchEntries(
  suites: readonly SuiteView[],
  boards: readonly BoardView[],
  rows: readonly ReturnType<typeof runRow>[],
  { comparisons, evaluations }: Pick<OverviewInput, 'comparisons' | 'evaluations'>,
) {
  return [
    ...suites.map(({ title, claim, dataSet, path, ...judged }) => ({
      kind: 'suite',
      title,
      words: `${wordsOf(judged)}, ${dataSet}: ${claim}`,
      path,
    })),
    ...comparisons.map(({ title, sentence, path }) => ({ kind: 'comparison', title, words: sentence, path })),
    ...evaluations.map(({ title, sentence, path }) => ({ kind: 'evaluation', title, words: sentence, path })),
    ...boards.map(({ metric, dataSet, split, rows: systems, path }) => ({
      kind: 'leaderboard',
      title: metric,
      words: `${dataSet}, ${split} split, ${systems.length} systems`,
      path,
    })),
    ...rows.map(({ runId, label, seed, dataSet, suites: parts, finished, path }) => ({
      kind: 'run',
      title: `${label}, seed ${seed}`,
      words: `${runId}, ${dataSet}, ${[...parts.map((part) => part.label), finished].join(', ')}`,
      path,
    })),
  ];
}

function wordsOf({ verdict, claims }: Pick<SuiteView, 'verdict' | 'claims'>): string {
  return verdict?.verdict ?? claims?.map((claim) => `${claim.id} ${claim.verdict}`).join(', ') ?? 'benchmark';
}

function claimsSummary({ claims }: Pick<SuiteView, 'claims'>): string | undefined {
  return claims?.map(({ id, sentence }) => `${id}: ${sentence}`).join(' ');
}

/**
 * Suites, runs that belong to none (the runs of a suite are one result together), and comparisons. A comparison is as new as the newest of
 * its runs in the site; one without any has no time in its records and is not in the feed.
 */
function feedEntries({ suites, runs, comparisons, membershipsOf }: OverviewInput): readonly FeedEntryView[] {
  const finished = new Map(runs.map((run) => [run.runId, run.finished]));
  return [
    ...suites.map(({ slug, facts }) => ({
      identity: `suite ${slug}`,
      title: facts.verdict === undefined ? facts.title : `${facts.verdict.verdict}: ${facts.title}`,
      summary: [facts.verdict?.sentence ?? claimsSummary(facts) ?? facts.claim, facts.scope ?? ''].join(' ').trim(),
      path: `suites/${slug}/index.html`,
      updated: Math.max(0, ...facts.runs.map(({ runId }) => finished.get(runId) ?? 0)),
    })),
    ...runs
      .filter(({ runId }) => membershipsOf(runId).length === 0)
      .map((run) => {
        const { label, lead, dataSet, path } = runRow(run, []);
        return {
          identity: `run ${run.runId}`,
          title: `${label}, seed ${run.seed}, on ${dataSet}`,
          summary: lead === undefined ? 'no scores' : `${lead.metric}: ${lead.value.toFixed(3)}`,
          path,
          updated: run.finished,
        };
      }),
    ...comparisons.flatMap(({ title, sentence, path, runIds }) => {
      const times = runIds.flatMap((runId) => finished.get(runId) ?? []);
      if (times.length === 0) return [];
      return [{ identity: `comparison ${path}`, title, summary: sentence, path, updated: Math.max(...times) }];
    }),
  ];
}
