/**
 * The landing page over several findings: claim, verdict, effect with its interval, cost and command of each, and the published numbers
 * apart from them. Pure: equal views give equal bytes.
 */
import { renderMiniInterval } from './charts/mini-interval.js';
import { renderDocument } from './document.js';
import { boundsOf, effectWithInterval, intervalName } from './effect-interval.js';
import type { VerdictView } from './finding-report-view.js';
import type { FindingsIndexView } from './findings-index-view.js';
import { decimalsFor, formatChosen, formatCount, formatDuration, formatWithPrefix } from './numbers.js';
import { safePageLink, safeWebAddress } from './safe-links.js';
import { publishedSection } from './sections/published-section.js';
import { sentenceBesideWord, verdictChip } from './sections/verdict-words.js';
import { compilePage, readReportAsset } from './templates.js';

type Finding = FindingsIndexView['findings'][number];

const PARTIALS = ['templates/published'];

/** @returns the complete HTML document. */
export function renderFindingsIndex(view: FindingsIndexView): string {
  const verdicts = view.findings.flatMap(verdictsOf);
  const body = compilePage(
    'templates/findings-index',
    PARTIALS,
  )({
    title: view.title,
    citation: view.source.citation,
    sourceAddress: safeWebAddress(view.source.url) ?? '',
    sourceText: view.source.url,
    tally: (['reproduced', 'ruled-out', 'contradicted', 'inconclusive'] as const).map((verdict) => ({
      chip: verdictChip(verdict),
      count: verdicts.filter((other) => other.verdict === verdict).length,
    })),
    decided: verdicts.length > 0,
    fixedBeforehand: view.findings.every(({ statedAfterRuns = 0 }) => statedAfterRuns === 0),
    findings: view.findings.map(findingCard),
    totals: totals(view.findings),
    published: publishedSection(view.published),
  });
  return renderDocument({
    title: view.title,
    kind: 'findings',
    smoke: view.smoke,
    skip: { target: 'findings', label: 'Skip to the findings' },
    css: readReportAsset('styles/findings-index.css'),
    body,
    footer: readReportAsset('templates/findings-index-footer.hbs'),
  });
}

/** Those of its claims where there is none of all together. */
function verdictsOf({ verdict, claims = [] }: Finding): readonly VerdictView[] {
  return verdict === undefined ? claims.map((claim) => claim.verdict) : [verdict];
}

function findingCard(finding: Finding, index: number) {
  const { id, title, claim, dataSet, verdict, claims = [], effects, command, href } = finding;
  return {
    id,
    place: `finding-${index + 1}`,
    title,
    claim,
    dataSet,
    href: safePageLink(href) ?? '',
    chip: verdict === undefined ? undefined : verdictChip(verdict.verdict),
    kind: verdict?.verdict ?? 'none',
    sentence: verdict === undefined ? '' : sentenceBesideWord(verdict),
    claims: claims.map((one) => ({
      chip: verdictChip(one.verdict.verdict),
      statement: one.statement,
      sentence: sentenceBesideWord(one.verdict),
    })),
    scope: finding.scope ?? '',
    effects: effects.map((effect, place) => effectRow(effect, `finding-${index + 1}-effect-${place + 1}`)),
    cost: [
      { label: 'Runs', value: formatCount(finding.runs) },
      { label: 'Training time', value: formatDuration(finding.trainingSeconds) },
      { label: 'Arithmetic', value: formatWithPrefix(finding.modelFlops, 'FLOP') },
    ],
    command,
  };
}

function effectRow({ label, metric, mean, confidence, margin, direction }: Finding['effects'][number], id: string) {
  const bounds = boundsOf(confidence);
  const decimals = decimalsFor([mean, bounds.low, bounds.high]);
  const effect = effectWithInterval(mean, confidence, decimals);
  const side = direction === 'greater' ? 'right' : 'left';
  return {
    label,
    metric,
    effect,
    interval: intervalName(confidence),
    side: direction === 'greater' ? 'claimed: above 0' : 'claimed: below 0',
    margin: margin > 0 ? `margin ±${formatChosen(margin)}` : '',
    plot: renderMiniInterval({
      id,
      title: `Effect, ${intervalName(confidence)}`,
      description: `${effect}; zero in the middle, the band is the margin, the claim says ${side} of zero.`,
      mean,
      ...bounds,
      margin,
      color: 'var(--treatment)',
      width: 240,
    }),
  };
}

function totals(findings: readonly Finding[]): string {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const runs = formatCount(sum(findings.map((finding) => finding.runs)));
  const time = formatDuration(sum(findings.map(({ trainingSeconds }) => trainingSeconds)));
  const arithmetic = formatWithPrefix(sum(findings.map(({ modelFlops }) => modelFlops)), 'FLOP');
  return `${runs} runs, ${time} of training, ${arithmetic}`;
}
