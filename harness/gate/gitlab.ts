/**
 * What GitLab shows: a code quality report (JSON, one issue for the gate and one per regressed image, at that image's line of the
 * baseline) and a metrics report (OpenMetrics text) whose values merge requests compare with those of the target branch.
 */

import { sha256 } from '../../reference-model/files/hashing.js';
import { cutNote, cutText, singleLineText } from '../../reports/untrusted-text.js';
import { type GateDocument, type GateOutcome, type GateResult, hasBaseline } from './gate-result.js';
import { minimumSentence } from './minimum.js';
import { imageNumbers } from './number-text.js';

type Severity = 'info' | 'minor' | 'major' | 'critical' | 'blocker';

interface CodeQualityIssue {
  readonly description: string;
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: Severity;
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

/**
 * @param baselineText the baseline's bytes, to find the line of an image; empty without a baseline
 * @param file what the issues are about; GitLab wants its path from the repository's root
 */
export function codeQualityOfResult(
  document: GateDocument,
  baselineText: string,
  file: string = hasBaseline(document) ? document.baseline.file : document.candidate.paths[0]!,
): string {
  const issueOf = (
    metric: string,
    { description, severity, begin = 1 }: { description: string; severity: Severity; begin?: number },
    key: readonly string[],
  ): CodeQualityIssue => ({
    description: shortened(description),
    check_name: `vlm-bench gate ${metric}`,
    fingerprint: sha256(JSON.stringify(['vlm-bench gate', file, metric, ...key])),
    severity,
    location: { path: file, lines: { begin } },
  });
  const issues = [
    ...(hasBaseline(document) ? comparisonIssues(document, baselineText, issueOf) : []),
    ...document.minimums
      .filter(({ reached }) => !reached)
      .map((floor) =>
        issueOf(floor.metric, { description: `below-minimum: ${minimumSentence(floor)}`, severity: 'critical' }, [
          'minimum',
        ]),
      ),
  ];
  return issues.length === 0 ? '[]\n' : `${JSON.stringify(issues, null, 2)}\n`;
}

function comparisonIssues(
  { comparison, metric, regressed }: GateResult,
  baselineText: string,
  issueOf: (
    metric: string,
    issue: { description: string; severity: Severity; begin?: number },
    key: readonly string[],
  ) => CodeQualityIssue,
): readonly CodeQualityIssue[] {
  const { verdict, sentence } = comparison;
  if (verdict === 'pass') return [];
  const lines = baselineText.split('\n');
  const severity = verdict === 'regression' ? 'critical' : 'major';
  return [
    issueOf(metric, { description: `${verdict}: ${sentence}`, severity }, ['verdict']),
    ...regressed.map((image) => {
      const start = `{"id":${JSON.stringify(image.imageId)},`;
      const line = lines.findIndex((text) => text.startsWith(start)) + 1;
      const { before, after } = imageNumbers(image);
      const description = `image ${singleLineText(image.imageId, 80)}: ${metric} ${before} before, ${after} now`;
      return issueOf(metric, { description, severity: 'minor', begin: Math.max(1, line) }, ['image', image.imageId]);
    }),
  ];
}

function shortened(description: string): string {
  const { shown, omitted } = cutText(description, TEXT_LENGTH);
  return `${singleLineText(shown, TEXT_LENGTH)}${omitted === 0 ? '' : cutNote(omitted)}`;
}

const TEXT_LENGTH = 600;

export function codeQualityOfError(message: string, file: string): string {
  const issue: CodeQualityIssue = {
    description: shortened(`error: ${message}`),
    check_name: 'vlm-bench gate',
    fingerprint: sha256(JSON.stringify(['vlm-bench gate', file, 'error'])),
    severity: 'blocker',
    location: { path: file, lines: { begin: 1 } },
  };
  return `${JSON.stringify([issue], null, 2)}\n`;
}

/** OpenMetrics 1.0 text; the verdict is a state set. */
export function openMetricsOfResult(document: GateDocument): string {
  const { metric, verdict, minimums } = document;
  const outcomes: readonly GateOutcome[] = ['pass', 'regression', 'below-minimum', 'inconclusive'];
  return [
    '# TYPE vlm_bench_score gauge',
    '# HELP vlm_bench_score Score over all images, mean over records.',
    ...(hasBaseline(document)
      ? comparisonSamples(document)
      : minimums.map(({ metric: name, score }) =>
          sample('vlm_bench_score', { metric: name, side: 'candidate' }, score),
        )),
    ...(minimums.length === 0
      ? []
      : [
          '# TYPE vlm_bench_minimum gauge',
          '# HELP vlm_bench_minimum Score that the candidate has to reach.',
          ...minimums.map(({ metric: name, minimum }) => sample('vlm_bench_minimum', { metric: name }, minimum)),
        ]),
    '# TYPE vlm_bench_gate stateset',
    '# HELP vlm_bench_gate Verdict of the gate.',
    ...outcomes.map((state) => sample('vlm_bench_gate', { metric, vlm_bench_gate: state }, state === verdict ? 1 : 0)),
    '# EOF',
    '',
  ].join('\n');
}

function comparisonSamples({ metrics, metric, margin }: GateResult): readonly string[] {
  const sides = ['baseline', 'candidate'] as const;
  const bounds = ['difference', 'low', 'high'] as const;
  return [
    ...metrics.flatMap((one) => sides.map((side) => sample('vlm_bench_score', { metric: one.name, side }, one[side]))),
    '# TYPE vlm_bench_difference gauge',
    '# HELP vlm_bench_difference Candidate minus baseline, with the bounds of its 95 % interval.',
    ...metrics.flatMap((one) =>
      bounds.map((bound) => sample('vlm_bench_difference', { metric: one.name, bound }, one[bound])),
    ),
    '# TYPE vlm_bench_margin gauge',
    '# HELP vlm_bench_margin Loss of the gating metric that is a regression.',
    sample('vlm_bench_margin', { metric }, margin.value),
  ];
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${labelText(text)}"`);
  return `${name}{${pairs.join(',')}} ${number(value)}`;
}

function labelText(text: string): string {
  return singleLineText(text, 100).replace(/\\/g, '\\\\').replace(/"/g, '\\"');
}

function number(value: number): string {
  return Object.is(value, -0) ? '0' : String(value);
}
