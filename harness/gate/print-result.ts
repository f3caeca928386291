/** The gate's result as an aligned plain-text table for people; coloured only where the terminal shows colours. */

import { logText } from '../log-text.js';
import type { GateVerdict } from '../statistics/gate-decision.js';
import type { GateResult } from './gate-result.js';
import { imageNumbers, marginText, metricNumbers } from './number-text.js';

const colours: Readonly<Record<GateVerdict, string>> = { pass: '32', regression: '31', inconclusive: '33' };

export function resultText(result: GateResult, { colour = false }: { readonly colour?: boolean } = {}): string {
  const { verdict, sentence, margin, metrics, regressed, images, baseline, candidate, method } = result;
  const word = verdict.toUpperCase();
  const header = ['metric', 'baseline', 'candidate', 'difference', '95 % interval', 'p', ''];
  const rows = metrics.map((metric) => {
    const { baseline: before, candidate: after, difference, low, high, p } = metricNumbers(metric);
    const role = metric.gates ? 'gates' : 'informs';
    return [logText(metric.name), before, after, difference, `${low} to ${high}`, p, role];
  });
  const { by, at, reason } = baseline.accepted;
  return [
    `gate: ${colour ? `\u001b[1;${colours[verdict]}m${word}\u001b[0m` : word}`,
    `${logText(sentence, 400)}`,
    '',
    ...aligned([header, ...rows]),
    '',
    `margin     ${marginText(margin.value)} (${logText(margin.origin)})`,
    `interval   ${method}`,
    `images     ${images.total}: ${images.lost} lost, ${images.won} won, ${images.tied} unchanged`,
    `candidate  ${logText(candidate.label)}${candidate.records > 1 ? `, ${candidate.records} records` : ''}`,
    `baseline   ${logText(baseline.label)}, accepted by ${logText(by)} on ${at}: ${logText(reason)}`,
    ...(regressed.length === 0 ? [] : ['', 'most regressed images', ...aligned(regressedRows(result), '  ')]),
    '',
  ].join('\n');
}

function regressedRows({ regressed }: GateResult): readonly (readonly string[])[] {
  return regressed.map((image) => {
    const { before, after, difference } = imageNumbers(image);
    return ['image', logText(image.imageId, 60), `${before} → ${after}`, difference];
  });
}

function aligned(rows: readonly (readonly string[])[], indent = ''): readonly string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `${indent}${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd());
}
