/**
 * A finding's page: turns the view model into display strings and charts, and those into one self-contained HTML file. Pure: equal
 * views give equal bytes. The page has no script; its Content-Security-Policy admits only its own style sheet and images held as data.
 */
import { createHash } from 'node:crypto';
import { type ArmStyle, styleArms, styleOf } from './arm-style.js';
import { TOKEN_COLORS } from './charts/mask-grid.js';
import { deriveNumbers } from './derived-numbers.js';
import type { FindingReportView } from './finding-report-view.js';
import { decimalsFor, formatCount, formatDuration, formatFixed, formatWithPrefix } from './numbers.js';
import { curvesSection } from './sections/curves-section.js';
import { examplesSection, masksSection, runsSection } from './sections/evidence-sections.js';
import { type ComparedArms, pairsSection, secondarySection } from './sections/pairs-section.js';
import { verdictSection } from './sections/verdict-section.js';
import { compilePage, readTemplateAsset } from './templates.js';
import { singleLineText } from './untrusted-text.js';

/** @returns the complete HTML document. */
export function renderFindingReport(view: FindingReportView): string {
  const css = readTemplateAsset('report.css');
  const styles = styleArms(view.arms);
  const arms = comparedArms(view, styles);
  return compilePage('finding')({
    css,
    contentSecurityPolicy: contentSecurityPolicy(css),
    documentTitle: singleLineText(`${view.verdict.verdict}: ${view.suite.title}`, 120),
    smoke: view.smoke,
    suite: view.suite,
    scale: view.scale,
    dataSet: view.dataSet,
    verdict: verdictSection(view),
    hypothesis: hypothesisSection(view, arms),
    armKey: [arms.treatment, arms.control],
    arms: view.arms.map((arm) => ({ ...arm, style: styleOf(styles, arm.id) })),
    pairs: pairsSection(view, arms),
    secondary: secondarySection(view, arms),
    curves: curvesSection(view.curves, styles, deriveNumbers(view)),
    masks: masksSection(view.arms, styles),
    tokenKinds: Object.entries(TOKEN_COLORS).map(([kind, color]) => ({ kind, color })),
    examples: examplesSection(view.examples, styles),
    runs: runsSection(view, styles),
    caveats: view.caveats,
    recipe: view.recipe,
    provenance: view.provenance,
    signatures: [view.pairs, ...view.secondary].map(({ metric, signature }) => ({ metric, signature })),
    compute: computeSection(view),
    command: view.command,
  });
}

function contentSecurityPolicy(css: string): string {
  const hash = createHash('sha256').update(css, 'utf8').digest('base64');
  return `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

/** The arms that the hypothesis compares; their styles follow their part in it even if the view does not describe them. */
function comparedArms({ hypothesis }: FindingReportView, styles: ReadonlyMap<string, ArmStyle>): ComparedArms {
  return { treatment: styleOf(styles, hypothesis.treatment), control: styleOf(styles, hypothesis.control) };
}

function hypothesisSection({ hypothesis }: FindingReportView, { treatment, control }: ComparedArms) {
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
