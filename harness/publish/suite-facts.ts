/** What a site shows of a reproduction beside its report, and the name under which it stands there. */

import { sha256 } from '../../reference-model/files/hashing.js';
import type { FindingReportView } from '../../reports/index.js';
import type { SuiteView } from '../../reports/site/index.js';
import type { ReproductionSource } from './collect-records.js';

export interface SuiteFacts
  extends Pick<
    SuiteView,
    'title' | 'claim' | 'scope' | 'source' | 'dataSet' | 'scale' | 'smoke' | 'verdict' | 'claims' | 'command'
  > {
  readonly suiteId: string;
  readonly arms: readonly { readonly id: string; readonly label: string; readonly description: string }[];
  readonly runs: readonly { readonly runId: string; readonly arm: string; readonly seed: number }[];
}

export function suiteFacts({
  suite,
  dataSet,
  scale,
  smoke,
  verdict,
  claims,
  arms,
  runs,
  command,
}: FindingReportView): SuiteFacts {
  return {
    suiteId: suite.id,
    title: suite.title,
    claim: suite.claim,
    ...(suite.scope === undefined ? {} : { scope: suite.scope }),
    source: suite.source,
    dataSet: dataSet.name,
    scale,
    smoke,
    ...(verdict === undefined
      ? separateVerdicts(claims)
      : { verdict: { verdict: verdict.verdict, sentence: verdict.sentence } }),
    arms: arms.map(({ id, label, description }) => ({ id, label, description })),
    runs: runs.map(({ runId, arm, seed }) => ({ runId, arm, seed })),
    command,
  };
}

function separateVerdicts(claims: FindingReportView['claims']): Pick<SuiteFacts, 'claims'> {
  if (claims.length === 0) return {};
  return {
    claims: claims.map(({ id, hypothesis: { statement }, verdict: { verdict, sentence } }) => ({
      id,
      statement,
      verdict,
      sentence,
    })),
  };
}

/**
 * The folder of each reproduction below `suites/`: suite and data set, so that its address stays when seeds are added. Of several with the
 * same name all but one carry a part of their hash: the first in the order of the run that they name first keeps the plain name.
 */
export function suiteSlugs(sources: readonly ReproductionSource[]): ReadonlyMap<ReproductionSource, string> {
  const slugs = new Map<ReproductionSource, string>();
  const taken = new Set<string>();
  const ordered = [...sources].sort((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
  for (const source of ordered) {
    const { suite, dataSet, smoke } = source.reproduction;
    const plain = `${suite.id.slice(0, 80)}-${dataSet.name.replace(/[^a-z0-9]+/g, '-')}${smoke ? '-smoke' : ''}`;
    const slug = taken.has(plain) ? `${plain}-${sha256(source.stamp).slice(0, 8)}` : plain;
    taken.add(slug);
    slugs.set(source, slug);
  }
  return slugs;
}

function orderOf({ reproduction, stamp }: ReproductionSource): string {
  return `${reproduction.runs[0]?.runId ?? ''} ${stamp}`;
}
