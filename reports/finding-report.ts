/**
 * A finding's page: turns the view model into display strings and charts, and those into one self-contained HTML file without script.
 * Pure: equal views give equal bytes.
 */
import { styleArms, styleOf } from './arm-style.js';
import { TOKEN_COLORS } from './charts/mask-grid.js';
import { deriveNumbers } from './derived-numbers.js';
import { renderDocument } from './document.js';
import type { FindingReportView } from './finding-report-view.js';
import { formatCount, formatDuration, formatWithPrefix } from './numbers.js';
import { captionBaselinesSection } from './sections/caption-baselines-section.js';
import { evidenceSection, hypothesesSection } from './sections/claims-section.js';
import { convergenceSection } from './sections/convergence-section.js';
import { curvesSection } from './sections/curves-section.js';
import { examplesSection, masksSection, runsSection } from './sections/evidence-sections.js';
import { learntSection } from './sections/learnt-section.js';
import { pilotSection } from './sections/pilot-section.js';
import { powerSection } from './sections/power-section.js';
import { publishedSection } from './sections/published-section.js';
import { responsesSection } from './sections/responses-section.js';
import { scoresSection } from './sections/scores-section.js';
import { secondarySection } from './sections/secondary-section.js';
import { textsSection } from './sections/texts-section.js';
import { verdictSection } from './sections/verdict-section.js';
import { compilePage, readReportAsset } from './templates.js';
import { singleLineText } from './untrusted-text.js';

const PARTIALS = [
  'caption-baselines',
  'caveats',
  'compute',
  'contents',
  'convergence',
  'curves',
  'evidence',
  'evidence-pairs',
  'evidence-trend',
  'example',
  'examples',
  'hypothesis',
  'learnt',
  'masks',
  'pilot',
  'power',
  'provenance',
  'published',
  'recipe',
  'record-links',
  'reproduce',
  'responses',
  'runs',
  'scores',
  'secondary',
  'signatures',
  'statistics',
  'texts',
  'verdict',
].map((name) => `templates/${name}`);

export interface FindingReportOptions {
  /** The page that this one stands under, as a relative address, and what its link says. */
  readonly home?: { readonly href: string; readonly label: string };
}

/** @returns the complete HTML document. */
export function renderFindingReport(view: FindingReportView, { home }: FindingReportOptions = {}): string {
  const styles = styleArms(view.arms, view.factors);
  const derived = deriveNumbers(view);
  const body = compilePage('templates/finding', PARTIALS, { document: 'report.json' })({
    smoke: view.smoke,
    suite: view.suite,
    dataSet: view.dataSet,
    verdict: verdictSection(view),
    contents: contents(view),
    hypothesisHeading: hypothesisHeading(view),
    hypotheses: hypothesesSection(view),
    roles: view.arms.some(({ role }) => role !== undefined),
    arms: view.arms.map((arm) => ({ ...arm, style: styleOf(styles, arm.id) })),
    evidence: evidenceSection(view, styles),
    responses: responsesSection(view),
    power: powerSection(view),
    pilot: pilotSection(view.pilot, styles),
    convergence: convergenceSection(view.convergence, styles, derived),
    texts: textsSection(view.texts),
    scores: scoresSection(view, styles),
    captionBaselines: captionBaselinesSection(view, styles),
    learnt: learntSection(view, styles),
    secondary: secondarySection(view, styles),
    curves: curvesSection(view, styles, derived),
    masks: masksSection(view.arms, styles),
    tokenKinds: Object.entries(TOKEN_COLORS).map(([kind, color]) => ({ kind, color })),
    examples: examplesSection(view.examples, styles),
    published: publishedSection(view.published),
    runs: runsSection(view, styles),
    caveats: view.caveats,
    statistics: view.statistics,
    recipe: view.recipe,
    provenance: view.provenance,
    signatures: signatures(view),
    compute: computeSection(view),
    command: view.command,
  });
  return renderDocument({
    title: singleLineText(`${view.verdict === undefined ? '' : `${view.verdict.verdict}: `}${view.suite.title}`, 120),
    kind: view.claims.length === 0 ? 'benchmark report' : 'finding report',
    tags: [
      { label: 'Suite', value: view.suite.id },
      { label: 'Model', value: `${formatCount(view.compute.parameters)} parameters` },
      { label: 'Data', value: view.dataSet.name },
    ],
    ...(home === undefined ? {} : { home: home.href }),
    smoke: view.smoke,
    skip: { target: 'verdict', label: skipLabel(view) },
    css: readReportAsset('styles/finding.css'),
    body,
    footer: compilePage('templates/finding-footer')({ home, published: view.published.length > 0 }),
  });
}

function skipLabel({ verdict, claims }: FindingReportView): string {
  if (verdict !== undefined) return 'Skip to the verdict';
  return claims.length === 0 ? 'Skip to the summary' : 'Skip to the verdicts';
}

/** The sections that the page has, in its order. */
function contents(view: FindingReportView): readonly { readonly id: string; readonly label: string }[] {
  const sections: readonly (readonly [id: string, label: string, shown: boolean])[] = [
    ['hypothesis', view.claims.length > 0 ? 'Hypothesis' : 'Arms', true],
    ['evidence', 'Evidence', view.claims.length > 0],
    ['responses', 'Response', view.responses.length > 0],
    ['convergence', 'Convergence', view.convergence.length > 0],
    ['texts', 'Texts', view.texts.length > 0],
    ['scores', 'Scores', view.scores.length > 0],
    ['images', 'Images', (view.captionBaselines ?? []).length > 0],
    ['learnt', 'Learned', view.learnt.length > 0],
    ['secondary', 'Other measures', view.secondary.length > 0],
    ['power', 'Power', view.power.length > 0],
    ['pilot', 'Pilot', view.pilot !== undefined],
    ['curves', 'Loss curves', true],
    ['masks', 'Attention masks', view.arms.some(({ mask }) => mask !== undefined)],
    ['examples', 'Examples', true],
    ['published', 'Published elsewhere', view.published.length > 0],
    ['runs', 'Runs', true],
    ['caveats', 'Caveats', true],
    ['statistics', 'Statistics', view.statistics.length > 0],
    ['recipe', 'Recipe', true],
    ['provenance', 'Provenance', true],
    ['reproduce', 'Reproduce', true],
  ];
  return sections.flatMap(([id, label, shown]) => (shown ? [{ id, label }] : []));
}

function hypothesisHeading({ claims, statedAfterRuns = 0, runs }: FindingReportView): string {
  if (claims.length === 0) return 'The arms';
  const what = claims.length === 1 ? 'The hypothesis' : 'The hypotheses';
  return statedAfterRuns === 0
    ? `${what}, fixed before the run`
    : `${what}, written down when ${statedAfterRuns} of ${runs.length} runs were finished`;
}

/** Once per measure, those of the claims first. */
function signatures({ claims, secondary }: FindingReportView) {
  const measures = [
    ...claims.map(({ evidence }) => (evidence.test === 'paired' ? evidence.pairs : evidence.trend)),
    ...secondary,
  ];
  return [...new Map(measures.map(({ metric, signature }) => [metric, signature]))].map(([metric, signature]) => ({
    metric,
    signature,
  }));
}

function computeSection({ compute }: FindingReportView) {
  return [
    { label: 'Engine', value: compute.engine },
    { label: 'Parameters of the model', value: formatCount(compute.parameters) },
    { label: 'Model arithmetic, all runs', value: formatWithPrefix(compute.modelFlops, 'FLOP') },
    { label: 'Training time, summed over runs', value: formatDuration(compute.trainingSeconds) },
    { label: 'Wall time', value: formatDuration(compute.wallSeconds) },
    { label: 'Runs at a time', value: formatCount(compute.jobs) },
    { label: 'Peak memory of one process', value: formatWithPrefix(compute.peakMemoryBytes, 'B') },
    ...(compute.stepsSaved > 0
      ? [{ label: 'Steps saved by shared stages', value: formatCount(compute.stepsSaved) }]
      : []),
  ];
}
