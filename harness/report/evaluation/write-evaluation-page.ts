/** The page of an evaluation, from its record and its answers. */
import { resolve } from 'node:path';
import { writeFileAtomically } from '../../../reference-model/files/atomic-file.js';
import { renderEvaluationPage } from '../../../reports/evaluation/evaluation-page.js';
import type { EvaluationPageView } from '../../../reports/evaluation/evaluation-view.js';
import { formatCount, formatFixed, formatInterval } from '../../../reports/numbers.js';
import type { Evaluation } from '../../answers/evaluate.js';
import { type EvaluationRecord, evaluationPaths } from '../../records/evaluation-record.js';
import { evaluationSamples } from './evaluation-samples.js';
import { publishedBeside } from './published-beside.js';

/** @returns the absolute path of the page */
export async function writeEvaluationPage(evaluation: Evaluation): Promise<string> {
  const { record, folder, benchmark, settled, scored, data } = evaluation;
  const page = resolve(evaluationPaths(folder).page);
  const view: EvaluationPageView = {
    title: `${record.benchmark.title}, variant ${record.benchmark.variant}`,
    model: record.model.label,
    status: record.status,
    sentence: sentenceOf(record),
    warnings: warningsOf(record, benchmark.caveats),
    scores: record.scores.map(({ name, score, ci95, questions }) => ({
      name,
      score: formatFixed(score, 4),
      interval: ci95 === undefined ? '' : formatInterval({ low: ci95[0], high: ci95[1] }, 4),
      questions: questions === undefined ? '' : formatCount(questions),
    })),
    facts: factsOf(record),
    failures: record.failures.map(({ reason, times }) => ({ reason, times: formatCount(times) })),
    signatures: record.scores.map(({ signature }) => signature),
    samples: await evaluationSamples(settled, scored?.itemScores, data),
    published: publishedBeside(benchmark, record),
  };
  writeFileAtomically(evaluationPaths(folder).pageView, `${JSON.stringify(view)}\n`);
  writeFileAtomically(page, renderEvaluationPage(view));
  return page;
}

function sentenceOf({ status, scores: [first], model, benchmark, items, unscored }: EvaluationRecord): string {
  const who = `${model.label} on ${benchmark.title}`;
  if (status === 'incomplete' || first === undefined) {
    return `${who}: ${formatCount(unscored)} of ${formatCount(items.chosen)} have no answer that is scored, so there is no score. Run the same command again: it asks for these alone.`;
  }
  const { name, score, ci95 } = first;
  const interval = ci95 === undefined ? '' : `, 95 % interval ${formatInterval({ low: ci95[0], high: ci95[1] }, 4)}`;
  return `${who}: ${name} ${formatFixed(score, 4)}${interval}.`;
}

function warningsOf({ status, items, unscored, benchmark, overlap }: EvaluationRecord, caveats: readonly string[]) {
  const part =
    items.limitSeed === undefined
      ? []
      : [
          `Only ${formatCount(items.chosen)} of ${formatCount(items.total)} were asked, drawn by seed ${items.limitSeed}; a score compares over the same part only.`,
        ];
  const failures =
    status === 'failures-allowed'
      ? [
          `${formatCount(unscored)} of ${formatCount(items.chosen)} have no answer that is scored; this was allowed, and the score is over the others alone.`,
        ]
      : [];
  return [
    ...part,
    ...failures,
    ...(benchmark.notComparable === undefined ? [] : [`Not comparable with its source: ${benchmark.notComparable}`]),
    ...(overlap.known === 'yes' ? [`The training data is known to overlap: ${overlap.why}.`] : []),
    ...caveats,
  ];
}

function factsOf(record: EvaluationRecord): EvaluationPageView['facts'] {
  const { benchmark, data, model, outcomes, emptyTexts, latency, tokens, cost, overlap, repeated, log } = record;
  const milliseconds = (value: number): string => `${formatFixed(value, value < 100 ? 1 : 0)} ms`;
  const fact = (label: string, value: string | undefined) => (value === undefined ? [] : [{ label, value }]);
  return [
    ...fact('Benchmark', `${benchmark.id}, version ${benchmark.version}, variant ${benchmark.variant}`),
    ...fact('Data', `${data.name}, ${data.split} split`),
    ...fact('Prompt', benchmark.prompt),
    ...fact(
      'Decoding',
      `greedy, at most ${formatCount(benchmark.maximumTokens)} tokens; a cut answer is ${benchmark.cutAnswers === 'scored' ? 'scored as it is' : 'not scored'}`,
    ),
    ...fact('Post-processing', benchmark.postProcessing.join(', ') || 'none'),
    ...fact('Model', `${model.kind}: ${model.name}`),
    ...fact('Version', [model.version, model.reported].filter((one) => one !== undefined).join('; ') || undefined),
    ...fact('Weights (SHA-256)', model.weights),
    ...fact('Whole answers', `${formatCount(outcomes.text)}, ${formatCount(emptyTexts)} of all scored ones empty`),
    ...fact('Cut answers', formatCount(outcomes.cut)),
    ...fact('Refused', formatCount(outcomes.refused)),
    ...fact('Filtered', formatCount(outcomes.filtered)),
    ...fact('Failed', formatCount(outcomes.failed)),
    ...fact(
      'Time for an answer',
      latency &&
        `median ${milliseconds(latency.medianMilliseconds)}, 95th percentile ${milliseconds(latency.percentile95Milliseconds)}`,
    ),
    ...fact(
      'Tokens',
      tokens &&
        `${formatCount(tokens.prompt)} asked, ${formatCount(tokens.completion)} answered; an answer: median ${tokens.medianCompletion}, 95th percentile ${tokens.percentile95Completion}`,
    ),
    ...fact('Cost, by the prices given', cost && formatFixed(cost.total, 4)),
    ...fact(
      'Same answers when asked again',
      repeated && `${repeated.equal} of ${repeated.items}, asked ${repeated.times} times`,
    ),
    ...fact('Training data overlaps', `${overlap.known}: ${overlap.why}`),
    ...fact('Data fingerprint', data.fingerprint),
    ...fact('Log', log),
  ];
}
