/** What the outcomes of an evaluation come to: which texts are scored, how many of what there are, how long they took and how long they are. */
import type { Outcome } from '../answerers/answerer.js';
import { logText } from '../log-text.js';
import type { EvaluationRecord } from '../records/evaluation-record.js';
import type { BenchmarkSettings } from '../suite/benchmark/benchmark-schema.js';
import type { Item } from './items.js';

export interface Settled {
  readonly item: Item;
  readonly outcome: Outcome;
  /** What is scored; undefined where nothing is. */
  readonly text: string | undefined;
}

/** Each item with its outcome, and the processed text where the outcome has one that counts. */
export function settledAnswers(
  items: readonly Item[],
  outcomes: readonly Outcome[],
  settings: Pick<BenchmarkSettings, 'cutAnswers' | 'postProcessing'>,
): readonly Settled[] {
  return items.map((item, index) => {
    const outcome = outcomes[index]!;
    return { item, outcome, text: scoredText(outcome, settings) };
  });
}

function scoredText(
  outcome: Outcome,
  { cutAnswers, postProcessing }: Pick<BenchmarkSettings, 'cutAnswers' | 'postProcessing'>,
): string | undefined {
  if (outcome.kind !== 'text') return undefined;
  if (outcome.finish === 'length' && cutAnswers === 'failure') return undefined;
  return postProcessing.reduce((text, step) => {
    switch (step) {
      case 'trim':
        return text.trim();
      case 'first-line':
        return text.split('\n', 1)[0]!;
      case 'collapse-white-space':
        return text.replace(/\s+/g, ' ');
      default:
        return step satisfies never;
    }
  }, outcome.text);
}

export function outcomeCounts(
  settled: readonly Settled[],
): Pick<EvaluationRecord, 'outcomes' | 'emptyTexts' | 'unscored'> {
  const outcomes = { text: 0, cut: 0, refused: 0, filtered: 0, failed: 0 };
  let emptyTexts = 0;
  let unscored = 0;
  for (const { outcome, text } of settled) {
    if (outcome.kind === 'text') outcomes[outcome.finish === 'length' ? 'cut' : 'text']++;
    else outcomes[outcome.kind]++;
    if (text === undefined) unscored++;
    else if (text.trim() === '') emptyTexts++;
  }
  return { outcomes, emptyTexts, unscored };
}

/** The most frequent reasons first. */
export function failureReasons(settled: readonly Settled[], most = 5): EvaluationRecord['failures'] {
  const times = new Map<string, number>();
  for (const { outcome } of settled) {
    if (outcome.kind !== 'failed') continue;
    const reason = logText(outcome.reason, 300);
    times.set(reason, (times.get(reason) ?? 0) + 1);
  }
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([reason, count]) => ({ reason, times: count }));
}

export interface Prices {
  /** Of a million tokens. */
  readonly prompt: number;
  readonly completion: number;
}

/** Times and tokens of the answers that state them, and what these cost. */
export function usageOf(
  settled: readonly Settled[],
  prices?: Prices,
): Pick<EvaluationRecord, 'latency' | 'tokens' | 'cost'> {
  const times = settled.flatMap(({ outcome }) => outcome.milliseconds ?? []).sort((a, b) => a - b);
  const counted = settled.filter(({ outcome }) => outcome.completionTokens !== undefined);
  const lengths = counted.map(({ outcome }) => outcome.completionTokens!).sort((a, b) => a - b);
  const prompt = counted.reduce((sum, { outcome }) => sum + (outcome.promptTokens ?? 0), 0);
  const completion = lengths.reduce((sum, length) => sum + length, 0);
  const costs = prices && {
    prompt: (prompt * prices.prompt) / 1e6,
    completion: (completion * prices.completion) / 1e6,
  };
  return {
    ...(times.length === 0
      ? {}
      : {
          latency: {
            answers: times.length,
            medianMilliseconds: quantile(times, 0.5),
            percentile95Milliseconds: quantile(times, 0.95),
          },
        }),
    ...(lengths.length === 0
      ? {}
      : {
          tokens: {
            answers: lengths.length,
            prompt,
            completion,
            medianCompletion: quantile(lengths, 0.5),
            percentile95Completion: quantile(lengths, 0.95),
          },
        }),
    ...(costs === undefined || lengths.length === 0
      ? {}
      : { cost: { ...costs, total: costs.prompt + costs.completion } }),
  };
}

/** The least value that at least this share of the sorted values does not exceed. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}
