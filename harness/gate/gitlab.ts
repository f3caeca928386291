/**
 * What GitLab shows: a code quality report (JSON, one issue for the gate and one per regressed image, at that image's line of the
 * baseline) and a metrics report (OpenMetrics text) whose values merge requests compare with those of the target branch.
 */

import { sha256 } from '../../reference-model/files/hashing.js';
import { singleLineText } from '../../reports/untrusted-text.js';
import type { GateResult } from './gate-result.js';
import { imageNumbers } from './number-text.js';

type Severity = 'info' | 'minor' | 'major' | 'critical' | 'blocker';

interface CodeQualityIssue {
  readonly description: string;
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: Severity;
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

/** @param baselineText the baseline's bytes, to find the line of an image */
export function codeQualityOfResult(result: GateResult, baselineText: string): string {
  const { verdict, metric, sentence, regressed, baseline } = result;
  const issue = (description: string, severity: Severity, begin: number, key: readonly string[]): CodeQualityIssue => ({
    description,
    check_name: `vlm-bench gate ${metric}`,
    fingerprint: sha256(JSON.stringify(['vlm-bench gate', baseline.file, metric, ...key])),
    severity,
    location: { path: baseline.file, lines: { begin } },
  });
  if (verdict === 'pass') return '[]\n';
  const lines = baselineText.split('\n');
  const images = regressed.map((image) => {
    const start = `{"id":${JSON.stringify(image.imageId)},`;
    const line = lines.findIndex((text) => text.startsWith(start)) + 1;
    const { before, after } = imageNumbers(image);
    const description = `image ${singleLineText(image.imageId, 80)}: ${metric} ${before} before, ${after} now`;
    return issue(description, 'minor', Math.max(1, line), ['image', image.imageId]);
  });
  const severity = verdict === 'regression' ? 'critical' : 'major';
  return `${JSON.stringify([issue(singleLineText(`${verdict}: ${sentence}`), severity, 1, ['verdict']), ...images], null, 2)}\n`;
}

export function codeQualityOfError(message: string, file: string): string {
  const issue: CodeQualityIssue = {
    description: singleLineText(`error: ${message}`, 600),
    check_name: 'vlm-bench gate',
    fingerprint: sha256(JSON.stringify(['vlm-bench gate', file, 'error'])),
    severity: 'blocker',
    location: { path: file, lines: { begin: 1 } },
  };
  return `${JSON.stringify([issue], null, 2)}\n`;
}

/** OpenMetrics 1.0 text; the verdict is a state set. */
export function openMetricsOfResult({ metrics, margin, metric, verdict }: GateResult): string {
  const labels = (pairs: Readonly<Record<string, string>>) =>
    Object.entries(pairs)
      .map(([name, value]) => `${name}="${labelText(value)}"`)
      .join(',');
  const sides = ['baseline', 'candidate'] as const;
  const bounds = ['difference', 'low', 'high'] as const;
  return [
    '# TYPE vlm_bench_score gauge',
    '# HELP vlm_bench_score Score over all images, mean over records.',
    ...metrics.flatMap((one) =>
      sides.map((side) => `vlm_bench_score{${labels({ metric: one.name, side })}} ${number(one[side])}`),
    ),
    '# TYPE vlm_bench_difference gauge',
    '# HELP vlm_bench_difference Candidate minus baseline, with the bounds of its 95 % interval.',
    ...metrics.flatMap((one) =>
      bounds.map((bound) => `vlm_bench_difference{${labels({ metric: one.name, bound })}} ${number(one[bound])}`),
    ),
    '# TYPE vlm_bench_margin gauge',
    '# HELP vlm_bench_margin Loss of the gating metric that is a regression.',
    `vlm_bench_margin{${labels({ metric })}} ${number(margin.value)}`,
    '# TYPE vlm_bench_gate stateset',
    '# HELP vlm_bench_gate Verdict of the gate.',
    ...(['pass', 'regression', 'inconclusive'] as const).map(
      (state) => `vlm_bench_gate{${labels({ metric, vlm_bench_gate: state })}} ${state === verdict ? 1 : 0}`,
    ),
    '# EOF',
    '',
  ].join('\n');
}

function labelText(text: string): string {
  return singleLineText(text, 100).replace(/\\/g, '\\\\').replace(/"/g, '\\"');
}

function number(value: number): string {
  return Object.is(value, -0) ? '0' : String(value);
}
