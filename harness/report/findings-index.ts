/** The landing page over several findings: claim, verdict, effects and cost of each, taken from the reports beside it. */
import { join, relative } from 'node:path';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import {
  type ClaimView,
  type FindingReportView,
  type FindingsIndexView,
  renderFindingsIndex,
} from '../../reports/index.js';
import type { WrittenReport } from './write-report.js';

/**
 * Writes `index.html` into `out`.
 *
 * @param reports at least one, in the order in which they are to be listed
 * @returns the page's path
 */
export function writeFindingsIndex(
  out: string,
  reports: readonly Pick<WrittenReport, 'page' | 'view'>[],
): { readonly page: string } {
  const page = join(out, 'index.html');
  writeFileAtomically(page, renderFindingsIndex(buildFindingsIndexView(out, reports)));
  return { page };
}

/** @param out folder of the landing page, which its links start from */
export function buildFindingsIndexView(
  out: string,
  reports: readonly Pick<WrittenReport, 'page' | 'view'>[],
): FindingsIndexView {
  const views = reports.map(({ view }) => view);
  const published = new Map(views.flatMap((view) => view.published.map((table) => [table.title, table] as const)));
  return {
    schemaVersion: 1,
    title: 'Findings and their verdicts',
    smoke: views.some(({ smoke }) => smoke),
    source: views.find(({ claims }) => claims.length > 0)?.suite.source ?? views[0]!.suite.source,
    findings: reports.map(({ view, page }) => findingEntry(view, relative(out, page).replaceAll('\\', '/'))),
    published: [...published.values()],
  };
}

function findingEntry(view: FindingReportView, href: string): FindingsIndexView['findings'][number] {
  const { suite, dataSet, verdict, claims, runs, compute, command } = view;
  return {
    id: suite.id,
    title: suite.title,
    claim: suite.claim,
    ...(suite.scope === undefined ? {} : { scope: suite.scope }),
    dataSet: dataSet.name,
    ...(verdict === undefined ? separateVerdicts(claims) : { verdict }),
    ...(view.statedAfterRuns === undefined ? {} : { statedAfterRuns: view.statedAfterRuns }),
    effects: claims.map(effectOf),
    runs: runs.length,
    trainingSeconds: compute.trainingSeconds,
    modelFlops: compute.modelFlops,
    command,
    href,
  };
}

/** A benchmark has neither claims nor verdicts. */
function separateVerdicts(claims: readonly ClaimView[]): Pick<FindingsIndexView['findings'][number], 'claims'> {
  if (claims.length === 0) return {};
  return { claims: claims.map(({ hypothesis: { statement }, verdict }) => ({ statement, verdict })) };
}

function effectOf({ hypothesis, evidence }: ClaimView): FindingsIndexView['findings'][number]['effects'][number] {
  const { metric, margin, direction, comparison } = hypothesis;
  const [mean, confidence] =
    evidence.test === 'paired'
      ? [evidence.pairs.meanDifference, evidence.pairs.confidence]
      : [evidence.trend.meanEffect, evidence.trend.confidence];
  return { label: comparison, metric, mean, confidence, margin, direction };
}
