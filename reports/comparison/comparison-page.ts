/**
 * The page of a comparison: what the first metric says, its pairs, its images and its parts, then the further metrics, published numbers
 * apart, and what was compared how. One self-contained file without script; equal views give equal bytes.
 */

import { renderDocument } from '../document.js';
import { decimalsFor, formatChosen, formatCount, formatFixed, formatLevel } from '../numbers.js';
import { publishedSection } from '../sections/published-section.js';
import { subsetSentence } from '../subset-sentence.js';
import { compilePage, readReportAsset } from '../templates.js';
import { singleLineText } from '../untrusted-text.js';
import { type ComparedSystemView, type ComparisonView, shownMetric } from './comparison-view.js';
import { metricSection, metricSentence } from './metric-section.js';
import { moversSection } from './movers-section.js';
import { renderScoreScatter } from './score-scatter.js';
import { type SystemStyle, styleSystems } from './system-style.js';

export interface ComparisonPageOptions {
  /** The published site that the page is part of. */
  readonly site?: ComparisonSite;
}

export interface ComparisonSite {
  readonly title: string;
  /** From the page's folder to the site's root: one `../` per level. */
  readonly root: string;
  /** Relative address of a run's page; undefined for a run that is not in the site. */
  readonly runPage: (runId: string) => string | undefined;
}

const PARTIALS = [
  'comparison/metric',
  'site/templates/site-nav',
  'templates/contents',
  'templates/published',
  'templates/signatures',
  'templates/statistics',
];
const SHOWN_RUNS = 20;

/** @returns the complete HTML document. */
export function renderComparison(view: ComparisonView, { site }: ComparisonPageOptions = {}): string {
  const { systems, metrics, leftOut, movers, published, statistics } = view;
  const styles = styleSystems(systems);
  const percent = formatLevel(statistics.level);
  const [primary, ...further] = metrics;
  const title = comparisonTitle(view);
  const moved = moversSection(movers, styles);
  const scatters = scoreScatters(view, styles);
  const contents = [
    { id: 'result', label: 'Result' },
    ...(scatters.length > 0 ? [{ id: 'images', label: 'Images' }] : []),
    ...(moved.length > 0 ? [{ id: 'movers', label: 'Biggest movers' }] : []),
    ...(further.length > 0 ? [{ id: 'further', label: 'Further metrics' }] : []),
    ...(published.length > 0 ? [{ id: 'published', label: 'Published elsewhere' }] : []),
    { id: 'systems', label: 'Systems' },
    { id: 'statistics', label: 'Statistics' },
    { id: 'signatures', label: 'Signatures' },
  ];
  const section = (id: string, metric: ComparisonView['metrics'][number]) =>
    metricSection({ id, metric, styles, percent });
  compiled ??= compilePage('comparison/comparison', PARTIALS, { document: 'comparison.json' });
  return renderDocument({
    title: site === undefined ? title : `${title} · ${site.title}`,
    kind: 'comparison',
    tags: [
      { label: 'systems', value: formatCount(systems.length) },
      { label: 'images', value: formatCount(primary!.images) },
      { label: 'metric', value: shownMetric(primary!) },
    ],
    ...(site === undefined
      ? {}
      : {
          home: `${site.root}index.html`,
          links: [{ rel: 'alternate', type: 'application/atom+xml', href: `${site.root}feed.xml`, title: site.title }],
        }),
    skip: { target: 'result', label: 'Skip to the result' },
    css: readReportAsset('gate/gate.css') + readReportAsset('comparison/comparison.css'),
    body: compiled({
      siteRoot: site?.root ?? '',
      hasSite: site !== undefined,
      title,
      contents,
      lead: metricSentence(primary!, styles),
      subset: subsetSentence(primary!.signature),
      primary: section('metric-1', primary!),
      overview: further.length > 0 && systems.length > 1 ? overviewTable(view, styles) : undefined,
      scatters,
      unseen: Math.max(0, systems.length - 1 - SCATTERS),
      moved,
      further: further.map((metric, index) => section(`metric-${index + 2}`, metric)),
      leftOut: leftOut.map(({ metric, systems: some }) => ({
        metric,
        systems: some.map((label) => singleLineText(label, 60)).join(', '),
      })),
      published: publishedSection(published),
      systems: systems.map((system) => systemRow(system, styles, site?.runPage)),
      statistics: statistics.notes,
      facts: `Intervals are at ${percent} %, from ${formatCount(statistics.resamples)} resamples with seed ${statistics.seed}; pairs are tested at α = ${formatChosen(statistics.alpha)} after Holm’s correction over the pairs of a metric. Metrics are not corrected for being several, and intervals not for being many.`,
      signatures: metrics.map((metric) => ({ metric: shownMetric(metric), signature: metric.signature })),
    }),
    footer:
      '<p>Made by vlm-bench from the scores of every image; no number of ours on this page was typed by hand. <a href="comparison.json">comparison.json</a> holds the same for programs.</p>',
  });
}

/** What the tests of the first metric come to, for lists of comparisons. */
export function comparisonSentence({ systems, metrics }: ComparisonView): string {
  return metricSentence(metrics[0]!, styleSystems(systems));
}

/** A title for lists of comparisons, in one line. */
export function comparisonTitle({ systems }: Pick<ComparisonView, 'systems'>): string {
  const names = systems.map(({ label }) => singleLineText(label, 60));
  if (names.length === 1) return `${names[0]} beside published numbers`;
  if (names.length === 2) return `${names[0]} and ${names[1]} compared`;
  return names.length === 3
    ? `${names[0]}, ${names[1]} and ${names[2]} compared`
    : `${names[0]}, ${names[1]} and ${names.length - 2} other systems compared`;
}

/** Pictures of systems against the first one. */
const SCATTERS = 12;

let compiled: ((context: object) => string) | undefined;

function scoreScatters({ systems, metrics, imageScores }: ComparisonView, styles: ReadonlyMap<string, SystemStyle>) {
  const [first, ...others] = systems;
  const [primary] = metrics;
  return others.slice(0, SCATTERS).map(({ id }, index) => {
    const [across, upwards] = [styles.get(first!.id)!, styles.get(id)!];
    return {
      title: `${upwards.name} against ${across.name}`,
      svg: renderScoreScatter({
        id: `scatter-${index + 1}`,
        metric: shownMetric(primary!),
        across,
        upwards,
        x: imageScores.scores[0]!,
        y: imageScores.scores[index + 1]!,
        higherIsBetter: primary!.higherIsBetter,
      }),
    };
  });
}

/** Every metric in one table: score and letters of every system. */
function overviewTable({ systems, metrics }: ComparisonView, styles: ReadonlyMap<string, SystemStyle>) {
  return {
    systems: systems.map(({ id }) => styles.get(id)!.label),
    rows: metrics.map((metric) => {
      const { ranking, higherIsBetter, images } = metric;
      const decimals = decimalsFor(ranking.map(({ score }) => score));
      return {
        name: shownMetric(metric),
        note: `${formatCount(images)} images${higherIsBetter ? '' : ', lower is better'}`,
        cells: systems.map(({ id }) => {
          const ranked = ranking.find(({ system }) => system === id);
          return {
            score: ranked === undefined ? '–' : formatFixed(ranked.score, decimals),
            letters: ranked?.letters ?? '',
            isFirst: ranked !== undefined && ranked === ranking[0],
          };
        }),
      };
    }),
  };
}

const kinds: Readonly<Record<ComparedSystemView['kind'], string>> = {
  records: 'records of runs',
  predictions: 'predictions, scored here',
  scores: 'scores file',
};

function systemRow(
  { id, kind, records, seeds, sources, runIds, commit }: ComparedSystemView,
  styles: ReadonlyMap<string, SystemStyle>,
  runPage: ComparisonSite['runPage'] = () => undefined,
) {
  const { label, color } = styles.get(id)!;
  return {
    label,
    color,
    kind: kinds[kind],
    records: records === 1 ? '1 record' : `${records} records`,
    seeds: seeds.length === 0 ? '' : `seed${seeds.length === 1 ? '' : 's'} ${seeds.join(', ')}`,
    sources: sources.join(', '),
    runs: runIds.slice(0, SHOWN_RUNS).map((runId) => ({ runId, href: runPage(runId) ?? '' })),
    furtherRuns: Math.max(0, runIds.length - SHOWN_RUNS),
    commit: commit ?? '',
  };
}
