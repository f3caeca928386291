/**
 * The result as JUnit XML, as the Ant schema (windyroad/JUnit-Schema, which Jenkins, GitLab and GitHub's actions read) wants it: one
 * suite, one case per metric and per minimum. A regression, a missed minimum and an inconclusive gate are failures (their `type` tells
 * them apart), since none may pass unnoticed; an input error is an error.
 */
import { escapeMarkup, printableText, singleLineText } from '../../reports/untrusted-text.js';
import { type GateDocument, type GateMinimum, type GateResult, hasBaseline } from './gate-result.js';
import { minimumSentence } from './minimum.js';
import { metricNumbers } from './number-text.js';

export interface JunitContext {
  /** When the gate ran. */
  readonly timestamp: Date;
  readonly seconds: number;
}

interface TestCase {
  readonly name: string;
  readonly outcome?: {
    readonly kind: 'failure' | 'error';
    readonly type: string;
    readonly message: string;
    readonly text: string;
  };
}

export function junitOfResult(document: GateDocument, context: JunitContext): string {
  const { verdict, candidate, minimums } = document;
  const compared = hasBaseline(document) ? comparedParts(document) : { cases: [], lines: [], properties: {} };
  const signature = hasBaseline(document) ? document.metrics[0]!.signature : minimums[0]!.signature;
  const properties = { verdict, ...compared.properties, candidate: candidate.label, signature };
  const lines = [...compared.lines, ...minimums.map(minimumSentence)];
  return documentOf([...compared.cases, ...minimums.map(minimumCase)], properties, lines.join('\n'), context);
}

function comparedParts({ metrics, comparison, method, regressed, baseline, margin }: GateResult): {
  readonly cases: readonly TestCase[];
  readonly lines: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
} {
  const { verdict, sentence } = comparison;
  const cases = metrics.map((metric): TestCase => {
    const name = metric.gates ? metric.name : `${metric.name} (informs)`;
    if (!metric.gates || verdict === 'pass') return { name };
    const text = [
      sentence,
      method,
      ...regressed.map(({ imageId }) => `regressed image: ${singleLineText(imageId, 80)}`),
    ];
    return { name, outcome: { kind: 'failure', type: verdict, message: sentence, text: text.join('\n') } };
  });
  const lines = metrics.map((metric) => {
    const { baseline: before, candidate: after, difference, low, high } = metricNumbers(metric);
    return `${metric.name}: ${before} → ${after}, ${difference} (95 % interval ${low} to ${high})`;
  });
  const properties = { margin: String(margin.value), baseline: baseline.file, 'accepted-by': baseline.accepted.by };
  return { cases, lines, properties };
}

function minimumCase(floor: GateMinimum): TestCase {
  const name = `${floor.metric} (minimum)`;
  if (floor.reached) return { name };
  const message = minimumSentence(floor);
  return { name, outcome: { kind: 'failure', type: 'below-minimum', message, text: message } };
}

export function junitOfError(
  { summary, text }: { readonly summary: string; readonly text: string },
  context: JunitContext,
): string {
  return documentOf(
    [{ name: 'gate', outcome: { kind: 'error', type: 'error', message: summary, text } }],
    { verdict: 'error' },
    '',
    context,
  );
}

function documentOf(
  cases: readonly TestCase[],
  properties: Readonly<Record<string, string>>,
  output: string,
  { timestamp, seconds }: JunitContext,
): string {
  const number = (kind: 'failure' | 'error') => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  const counts = `tests="${cases.length}" failures="${number('failure')}" errors="${number('error')}" time="${seconds.toFixed(3)}"`;
  // The schemas want the time without zone and fraction; it is UTC.
  const time = timestamp.toISOString().slice(0, 19);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `<testsuite name="vlm-bench gate" package="vlm-bench" id="0" hostname="localhost" timestamp="${time}" ${counts}>`,
    '<properties>',
    ...Object.entries(properties).map(([name, value]) => `<property name="${name}" value="${attribute(value)}"/>`),
    '</properties>',
    ...cases.map(({ name, outcome }) => {
      const start = `<testcase name="${attribute(name)}" classname="vlm-bench.gate" time="0"`;
      if (outcome === undefined) return `${start}/>`;
      const { kind, type, message, text } = outcome;
      return `${start}><${kind} type="${type}" message="${attribute(message)}">${content(text)}</${kind}></testcase>`;
    }),
    `<system-out>${content(output)}</system-out>`,
    '<system-err/>',
    '</testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function attribute(text: string): string {
  return escapeMarkup(singleLineText(text, 1000));
}

/** XML 1.0 forbids what `printableText` replaces; `]]>` does not survive the escaping of `>`. */
function content(text: string): string {
  return escapeMarkup(printableText(text));
}
