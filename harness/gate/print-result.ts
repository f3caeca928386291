/** The gate's result as an aligned plain-text table for people; coloured only where the terminal shows colours. */

import { logText } from '../log-text.js';
import { type GateDocument, type GateOutcome, type GateResult, hasBaseline } from './gate-result.js';
import { imageNumbers, marginText, metricNumbers, minimumNumbers } from './number-text.js';

const colours: Readonly<Record<GateOutcome, string>> = {
  pass: '32',
  regression: '31',
  'below-minimum': '31',
  inconclusive: '33',
};

export function resultText(document: GateDocument, { colour = false }: { readonly colour?: boolean } = {}): string {
  const { verdict, sentence, candidate } = document;
  const word = verdict.toUpperCase();
  return [
    `gate: ${colour ? `\u001b[1;${colours[verdict]}m${word}\u001b[0m` : word}`,
    `${logText(sentence, 600)}`,
    '',
    ...(hasBaseline(document) ? comparisonLines(document) : []),
    ...minimumLines(document),
    `candidate  ${logText(candidate.label)}${candidate.records > 1 ? `, ${candidate.records} records` : ''}`,
    ...(hasBaseline(document) ? baselineLines(document) : []),
    '',
  ].join('\n');
}

function comparisonLines({ metrics, margin, method, images }: GateResult): readonly string[] {
  const header = ['metric', 'baseline', 'candidate', 'difference', '95 % interval', 'p', ''];
  const rows = metrics.map((metric) => {
    const { baseline: before, candidate: after, difference, low, high, p } = metricNumbers(metric);
    const role = metric.gates ? 'gates' : 'informs';
    return [logText(metric.name), before, after, difference, `${low} to ${high}`, p, role];
  });
  return [
    ...aligned([header, ...rows]),
    '',
    `margin     ${marginText(margin.value)} (${logText(margin.origin)})`,
    `interval   ${method}`,
    `images     ${images.total}: ${images.lost} lost, ${images.won} won, ${images.tied} unchanged`,
  ];
}

function minimumLines({ minimums }: GateDocument): readonly string[] {
  return minimums.map((floor) => {
    const { score, minimum } = minimumNumbers(floor);
    return `minimum    ${logText(floor.metric)} ${minimum}: ${floor.reached ? 'reached' : 'missed'} with ${score}`;
  });
}

function baselineLines(result: GateResult): readonly string[] {
  const { baseline, regressed } = result;
  const { by, at, reason } = baseline.accepted;
  return [
    `baseline   ${logText(baseline.label)}, accepted by ${logText(by)} on ${at}: ${logText(reason)}`,
    ...(regressed.length === 0 ? [] : ['', 'most regressed images', ...aligned(regressedRows(result), '  ')]),
  ];
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
