/**
 * Scores the answers of an evaluation by the same code that scores files and runs, and makes a system of them for `gate` and `compare`.
 * Everything that the benchmark fixes enters every signature, so that only scores of equal settings are compared.
 */
import {
  type BootstrapOptions,
  type CaptionMetric,
  fingerprintSubset,
  formatSignature,
  loadPorterStemmer,
  type QuestionScore,
  scoreConsensus,
  scoreTokenOverlap,
} from '../../metrics/index.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import type { EvaluationRecord } from '../records/evaluation-record.js';
import { scoreExactAnswers } from '../score/score-answers.js';
import { scoreCaptionRecords } from '../score/score-captions.js';
import type { Benchmark, BenchmarkSettings } from '../suite/benchmark/benchmark-schema.js';
import { systemOfScoredAnswers, systemOfScoredCaptions } from '../systems/from-predictions.js';
import type { System } from '../systems/system.js';
import type { Settled } from './settled-answers.js';

export interface ScoredEvaluation {
  readonly scores: EvaluationRecord['scores'];
  readonly system: System;
  /** By item, for samples; of captions their CIDEr-D, or the first metric. */
  readonly itemScores: ReadonlyMap<string, number>;
  readonly notes: readonly string[];
}

export interface EvaluationScoring {
  readonly benchmark: Benchmark;
  readonly settings: BenchmarkSettings;
  /** Name of the system. */
  readonly label: string;
  /** Items of the whole split. */
  readonly total: number;
  readonly bootstrap?: BootstrapOptions | undefined;
}

/** @param settled of at least one text */
export async function scoreEvaluation(
  settled: readonly Settled[],
  scoring: EvaluationScoring,
): Promise<ScoredEvaluation> {
  const answered = settled.flatMap(({ item, text }) => (text === undefined ? [] : [{ item, text }]));
  const subset =
    answered.length === scoring.total
      ? undefined
      : fingerprintSubset(
          answered.map(({ item }) => item.id),
          scoring.total,
        );
  const options = {
    split: scoring.settings.data.split,
    ...(subset === undefined ? {} : { subset }),
    ...(scoring.bootstrap === undefined ? {} : { bootstrap: scoring.bootstrap }),
  };
  const scored =
    scoring.benchmark.task === 'captions'
      ? await scoredCaptions(answered, scoring, options)
      : scoredAnswers(answered, scoring, options);
  const stated = settingsSuffix(scoring);
  const prompts = new Map(answered.map(({ item }) => [item.id, item.messages.map(({ text }) => text).join('\n')]));
  return {
    ...scored,
    scores: scored.scores.map((score) => ({ ...score, signature: score.signature + stated })),
    system: {
      ...scored.system,
      label: scoring.label,
      metrics: scored.system.metrics.map((metric) => ({ ...metric, signature: metric.signature + stated })),
      items: scored.system.items.map((item) => ({ ...item, prompt: prompts.get(item.questionId ?? item.imageId)! })),
    },
  };
}

/** `|benchmark:coco-caption@1|data:…|prompt:…|decoding:greedy-64|cut:failure|post:trim`. */
function settingsSuffix({ benchmark: { id, version }, settings }: EvaluationScoring): string {
  const { data, prompt, decoding, cutAnswers, postProcessing } = settings;
  return formatSignature('', [
    ['benchmark', `${id}@${version}`],
    ['data', `${data.name}/${data.split}`],
    ...(data.captionStyle === 'ai' ? ([['captions', 'ai']] as const) : []),
    // White space of a prompt counts, and is not told apart in a signature.
    ['prompt', `${prompt}@${sha256(prompt).slice(0, 12)}`],
    ['decoding', `${decoding.strategy}-${decoding.maximumTokens}`],
    ['cut', cutAnswers],
    ['post', postProcessing.length === 0 ? 'none' : postProcessing.join('+')],
  ]).replace(/^\|version:\d+/, '');
}

interface Answered {
  readonly item: Settled['item'];
  readonly text: string;
}

interface Options {
  readonly split: string;
  readonly subset?: string;
  readonly bootstrap?: BootstrapOptions;
}

async function scoredCaptions(
  answered: readonly Answered[],
  { settings, label }: EvaluationScoring,
  options: Options,
): Promise<ScoredEvaluation> {
  const metrics = settings.metrics as readonly CaptionMetric[];
  const records = answered.map(({ item, text }) => ({
    imageId: item.imageId,
    references: item.references,
    candidate: text,
  }));
  const stem = metrics.includes('CIDEr-stemmed') ? { stem: await loadPorterStemmer() } : {};
  const scored = scoreCaptionRecords(records, metrics, { ...options, ...stem });
  const shown = scored.scores.get('CIDEr-D') ?? scored.scores.get(metrics[0]!)!;
  return {
    scores: [...scored.scores].map(([name, { score, ci95, signature }]) => ({
      name,
      score,
      ...(ci95 === undefined ? {} : { ci95: [ci95[0], ci95[1]] }),
      signature,
    })),
    system: systemOfScoredCaptions(label, scored),
    itemScores: new Map(answered.map(({ item }, index) => [item.id, shown.perImage[index]!])),
    notes: scored.notes,
  };
}

function scoredAnswers(
  answered: readonly Answered[],
  { settings, label }: EvaluationScoring,
  options: Options,
): ScoredEvaluation {
  if (settings.metrics.includes('VQA-accuracy')) {
    const questions = answered.map(({ item, text }) => ({
      questionId: item.id,
      imageId: item.imageId,
      answers: item.references,
      ...(item.question?.questionType === undefined ? {} : { questionType: item.question.questionType }),
      prediction: text,
    }));
    const accuracies = scoreConsensus(questions, options);
    const { overall, byQuestionType, perQuestion } = accuracies;
    return {
      scores: rows({ 'VQA-accuracy': overall, ...prefixed(byQuestionType) }),
      system: systemOfScoredAnswers(label, { kind: 'consensus', questions, accuracies }),
      itemScores: new Map(answered.map(({ item }, index) => [item.id, perQuestion[index]!])),
      notes: [],
    };
  }
  const questions = answered.map(({ item, text }) => ({
    questionId: item.id,
    imageId: item.imageId,
    question: item.question!.question,
    answer: item.question!.answer,
    kind: item.question!.kind,
    prediction: text,
  }));
  const scored = scoreExactAnswers(questions, { ...options, answerMatch: settings.answerMatch });
  const { overall, 'yes/no': yesNo, open, byQuestionType, perQuestion } = scored.accuracies;
  const exact = { accuracy: overall, 'yes/no': yesNo, open, ...prefixed(byQuestionType) };
  const soft = settings.metrics.includes('token-overlap') ? { ...scoreTokenOverlap(questions, options) } : {};
  return {
    scores: rows({ ...(settings.metrics.includes('accuracy') ? exact : {}), ...soft }),
    system: systemOfScoredAnswers(label, scored),
    itemScores: new Map(answered.map(({ item }, index) => [item.id, perQuestion[index]!])),
    notes: [],
  };
}

const prefixed = (byType: Readonly<Record<string, QuestionScore>>): Readonly<Record<string, QuestionScore>> =>
  Object.fromEntries(Object.entries(byType).map(([type, score]) => [`question type: ${type}`, score]));

function rows(scores: Readonly<Record<string, QuestionScore>>): EvaluationRecord['scores'] {
  return Object.entries(scores).flatMap(([name, { score, ci95, questions, signature }]) =>
    score === undefined
      ? []
      : [
          {
            name,
            score,
            ...(ci95 === undefined ? {} : { ci95: [ci95[0], ci95[1]] as [number, number] }),
            questions,
            signature,
          },
        ],
  );
}
