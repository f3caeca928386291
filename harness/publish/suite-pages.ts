/** What a site holds of one reproduction beside its own page: the finding's report, its numbers and its badge. */
import { type BadgeTone, renderBadge, type SuiteView } from '../../reports/site/index.js';
import type { ReproductionSource } from './collect-records.js';
import { recordFiles } from './run-pages.js';
import { type SuiteFacts, suiteFacts } from './suite-facts.js';

export interface SuiteFile {
  readonly path: string;
  readonly content: string;
}

/** From a suite's folder. */
const SITE = { href: '../../index.html', label: 'All results of this site' } as const;

/** Loads the report's machinery (statistics, charts) only here, since most publishes render no report. */
export async function suitePages(
  { folder }: ReproductionSource,
  slug: string,
): Promise<{ readonly facts: SuiteFacts; readonly files: readonly SuiteFile[] }> {
  const { buildFindingView } = await import('../report/build-view.js');
  const { renderFindingReport, renderReportJson } = await import('../../reports/index.js');
  const { decideFinding } = await import('../verdict/decide-finding.js');
  const built = await buildFindingView(decideFinding(folder));
  const view = {
    ...built,
    runs: built.runs.map((run) => ({
      ...run,
      links: recordFiles.map((name) => ({
        label: name.replace(/\.jsonl?$/, ''),
        href: `../../runs/${run.runId}/${name}`,
      })),
    })),
    // A site holds the records of results only.
    sharedTrainings: built.sharedTrainings.map((training) => ({ ...training, links: [] })),
  };
  const facts = suiteFacts(view);
  return {
    facts,
    files: [
      { path: `suites/${slug}/report.html`, content: renderFindingReport(view, { home: SITE }) },
      { path: `suites/${slug}/report.json`, content: renderReportJson(view) },
      { path: `suites/${slug}/badge.svg`, content: suiteBadge(facts) },
    ],
  };
}

const TONES: Readonly<Record<NonNullable<SuiteView['verdict']>['verdict'], BadgeTone>> = {
  reproduced: 'good',
  'ruled-out': 'settled',
  contradicted: 'bad',
  inconclusive: 'open',
};

function suiteBadge({ suiteId, verdict, claims, smoke, runs }: SuiteFacts): string {
  if (claims !== undefined) {
    const words = claims.map((claim) => claim.verdict);
    const counts = [...new Set(words)].map((word) => `${words.filter((other) => other === word).length} ${word}`);
    const [only, ...others] = new Set(words);
    const value = `${counts.join(', ')}${smoke ? ' (smoke)' : ''}`;
    return renderBadge({ label: suiteId, value, tone: others.length === 0 ? TONES[only!] : 'neutral' });
  }
  if (verdict === undefined) return renderBadge({ label: suiteId, value: `${runs.length} runs`, tone: 'neutral' });
  const value = smoke ? `${verdict.verdict} (smoke)` : verdict.verdict;
  return renderBadge({ label: suiteId, value, tone: TONES[verdict.verdict] });
}
