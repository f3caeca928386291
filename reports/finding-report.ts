/**
 * A finding's page: turns the view model into display strings and charts, and those into one self-contained HTML file without script.
 * Pure: equal views give equal bytes.
 */
import { type ArmStyle, styleArms, styleOf } from './arm-style.js';
import { TOKEN_COLORS } from './charts/mask-grid.js';
import { deriveNumbers, pairedClaims } from './derived-numbers.js';
import { renderDocument } from './document.js';
import type { FindingReportView, VerdictView } from './finding-report-view.js';
import { decimalsFor, formatCount, formatDuration, formatFixed, formatWithPrefix } from './numbers.js';
import { curvesSection } from './sections/curves-section.js';
import { examplesSection, masksSection, runsSection } from './sections/evidence-sections.js';
import { type ComparedArms, type PairedClaim, pairsSection, secondarySection } from './sections/pairs-section.js';
import { verdictSection } from './sections/verdict-section.js';
import { compilePage, readReportAsset } from './templates.js';
import { singleLineText } from './untrusted-text.js';

const PARTIALS = [
  'caveats',
  'compute',
  'curves',
  'examples',
  'hypothesis',
  'masks',
  'pairs',
  'provenance',
  'recipe',
  'reproduce',
  'runs',
  'secondary',
  'signatures',
  'verdict',
].map((name) => `templates/${name}`);

/** @returns the complete HTML document. */
export function renderFindingReport(view: FindingReportView): string {
  const styles = styleArms(view.arms);
  const claim = leadingClaim(view);
  const arms = comparedArms(claim, styles);
  const body = compilePage(
    'templates/finding',
    PARTIALS,
  )({
    smoke: view.smoke,
    suite: view.suite,
    scale: view.scale,
    dataSet: view.dataSet,
    verdict: verdictSection(view, claim.verdict, claim),
    hypothesis: hypothesisSection(claim, arms),
    armKey: [arms.treatment, arms.control],
    arms: view.arms.map((arm) => ({ ...arm, style: styleOf(styles, arm.id) })),
    pairs: pairsSection(claim, arms),
    secondary: secondarySection(view, arms),
    curves: curvesSection(view.curves, styles, deriveNumbers(view)),
    masks: masksSection(view.arms, styles),
    tokenKinds: Object.entries(TOKEN_COLORS).map(([kind, color]) => ({ kind, color })),
    examples: examplesSection(view.examples, styles),
    runs: runsSection(view, styles),
    caveats: view.caveats,
    recipe: view.recipe,
    provenance: view.provenance,
    signatures: [...pairedClaims(view), ...view.secondary].map(({ metric, signature }) => ({ metric, signature })),
    compute: computeSection(view),
    command: view.command,
  });
  return renderDocument({
    title: singleLineText(`${claim.verdict.verdict}: ${view.suite.title}`, 120),
    kind: 'finding report',
    tags: [
      { label: 'Suite', value: view.suite.id },
      { label: 'Scale', value: view.scale },
      { label: 'Data', value: view.dataSet.name },
    ],
    smoke: view.smoke,
    skip: { target: 'verdict', label: 'Skip to the verdict' },
    css: readReportAsset('styles/finding.css'),
    body,
    footer: readReportAsset('templates/finding-footer.hbs'),
  });
}

/** The claim that the page leads with: the first, on paired seeds. */
function leadingClaim({ claims, verdict }: FindingReportView): PairedClaim & { readonly verdict: VerdictView } {
  const [first] = claims;
  if (first?.evidence.test !== 'paired') throw new Error('the page needs a first claim on paired seeds');
  return { hypothesis: first.hypothesis, pairs: first.evidence.pairs, verdict: verdict ?? first.verdict };
}

/** The arms that the hypothesis compares; their styles follow their part in it even if the view does not describe them. */
function comparedArms({ hypothesis }: PairedClaim, styles: ReadonlyMap<string, ArmStyle>): ComparedArms {
  return { treatment: styleOf(styles, hypothesis.treatment ?? ''), control: styleOf(styles, hypothesis.control ?? '') };
}

function hypothesisSection({ hypothesis }: PairedClaim, { treatment, control }: ComparedArms) {
  const { metric, direction, margin, alpha, statement } = hypothesis;
  return {
    statement,
    metric,
    direction: direction === 'greater' ? 'treatment greater than control' : 'treatment less than control',
    margin: formatFixed(margin, decimalsFor([margin])),
    alpha: String(alpha),
    treatment,
    control,
  };
}

function computeSection({ compute }: FindingReportView) {
  return [
    { label: 'Engine', value: compute.engine },
    { label: 'Parameters of the model', value: formatCount(compute.parameters) },
    { label: 'Model arithmetic, all runs', value: formatWithPrefix(compute.modelFlops, 'FLOP') },
    { label: 'Training time, summed over runs', value: formatDuration(compute.trainingSeconds) },
    { label: 'Wall time', value: formatDuration(compute.wallSeconds) },
    { label: 'Runs at a time', value: formatCount(compute.jobs) },
    { label: 'Peak memory of one run', value: formatWithPrefix(compute.peakMemoryBytes, 'B') },
  ];
}
