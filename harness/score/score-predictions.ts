/**
 * From what the model said to scores: captions of each style by CIDEr-D against the references of that style, answers by
 * exact match, references that were given to the model by how it ranked them. Every image and question that the configuration asks for
 * must be predicted exactly once.
 */
import type { DataSet, Question } from '../../reference-model/data/dataset.js';
import { BASELINES, baselineAnswers } from '../../reference-model/evaluation/baselines.js';
import { captionStylesOf } from '../../reference-model/evaluation/caption-styles.js';
import type { Predictions } from '../../reference-model/evaluation/predict.js';
import type { CaptionSource, RunConfig } from '../../reference-model/recipe/recipe.js';
import { type DataSets, requireDataSet } from '../../reference-model/training/stage-data.js';
import type { MeasureId, Scores } from '../measures/measures.js';
import type { AnswerPrediction, CaptionPrediction, Prediction } from '../records/predictions.js';
import { constantCaption, exchangedImages } from './caption-baselines.js';
import { requireSameIds } from './same-ids.js';
import { scoreExactAnswers } from './score-answers.js';
import { scoreCaptionRecords } from './score-captions.js';
import { scoreTeacherForced } from './score-teacher-forced.js';

export interface ScoredPredictions {
  readonly scores: Scores;
  /** Where the configuration asks for baselines of captions. */
  readonly constantCaptions?: Partial<Record<CaptionSource, string>>;
  readonly predictions: readonly Prediction[];
}

/** @throws UserError `score-invalid` for predictions that are missing, surplus, repeated or out of order */
export function scorePredictions(
  { captions, answers, forced }: Predictions,
  { config, dataSets }: { config: RunConfig; dataSets: DataSets },
): ScoredPredictions {
  const captioned = scoreCaptionsOf(captions, config, requireDataSet(dataSets, config.data.name));
  const answered = scoreAnswersOf(answers, config, dataSets);
  const given = scoreTeacherForced(forced, config, requireDataSet(dataSets, config.data.name));
  const { constantCaptions } = captioned;
  return {
    ...(constantCaptions === undefined ? {} : { constantCaptions }),
    scores: { ...captioned.scores, ...answered.scores, ...given.scores },
    predictions: [...captioned.predictions, ...answered.predictions, ...given.predictions],
  };
}

/** Captions of each style against the captions of that style, in the order of the predictions. */
function scoreCaptionsOf(
  captions: Predictions['captions'],
  { evaluation }: RunConfig,
  data: DataSet,
): ScoredPredictions {
  const samples = data.splits[evaluation.split].slice(0, evaluation.captionImages);
  const styles = captionStylesOf(samples).map((style) => {
    const ofStyle = captions.filter((caption) => caption.style === style);
    requireSameIds(
      samples.map(({ imageId }) => imageId),
      ofStyle.map(({ imageId }) => imageId),
      'images',
    );
    const records = samples.map((sample, index) => ({
      imageId: sample.imageId,
      references: style === 'ai-captions' ? sample.aiCaptions : sample.humanCaptions,
      candidate: ofStyle[index]!.text,
    }));
    return { style, ofStyle, records };
  });
  if (samples.length === 0) return { scores: {}, predictions: [] };
  const scores: Partial<Record<MeasureId, { value: number; signature: string }>> = {};
  const constantCaptions: Partial<Record<CaptionSource, string>> = {};
  const predictions = styles.flatMap(({ style, ofStyle, records }) => {
    const cider = scoreCaptionRecords(records, ['CIDEr-D'], { split: evaluation.split }).scores.get('CIDEr-D')!;
    scores[`CIDEr-D/${style}`] = {
      value: cider.score,
      signature: `${cider.signature}|refs:${style}|prompt:${ofStyle[0]!.prompt}`,
    };
    if (evaluation.captionBaselines === true) {
      const constant = constantCaption(records, trainingCaptions(data, style));
      constantCaptions[style] = constant;
      const others = exchangedImages(records.length);
      const baselines = {
        'constant-caption': records.map((record) => ({ ...record, candidate: constant })),
        'exchanged-images': records.map((record, index) => ({
          ...record,
          candidate: records[others[index]!]!.candidate,
        })),
      };
      for (const [baseline, held] of Object.entries(baselines)) {
        const { score, signature } = scoreCaptionRecords(held, ['CIDEr-D'], { split: evaluation.split }).scores.get(
          'CIDEr-D',
        )!;
        scores[`baseline/${baseline}/${style}` as MeasureId] = {
          value: score,
          signature: `${signature}|refs:${style}|captions:${baseline}`,
        };
      }
    }
    return ofStyle.map(({ imageId, prompt, text }, index): CaptionPrediction => {
      const references = [...records[index]!.references];
      return { type: 'caption', style, imageId, prompt, text, references, score: cider.perImage[index]! };
    });
  });
  return { scores, predictions, ...(evaluation.captionBaselines === true ? { constantCaptions } : {}) };
}

function* trainingCaptions({ splits }: DataSet, style: CaptionSource): Generator<string> {
  for (const { aiCaptions, humanCaptions } of splits.train) yield* style === 'ai-captions' ? aiCaptions : humanCaptions;
}

function scoreAnswersOf(answers: Predictions['answers'], config: RunConfig, dataSets: DataSets): ScoredPredictions {
  const { split, questions: count } = config.evaluation;
  const asked = requireDataSet(dataSets, config.data.name)
    .splits[split].flatMap(({ imageId, questions }) => questions.map((question) => ({ imageId, ...question })))
    .slice(0, count);
  requireSameIds(
    asked.map(({ questionId }) => questionId),
    answers.map(({ questionId }) => questionId),
    'questions',
  );
  if (asked.length === 0) return { scores: {}, predictions: [] };
  const texts = answers.map(({ text }) => text);
  const accuracies = accuraciesOf(asked, texts, split);
  const scores: Scores = {
    ...present({
      accuracy: accuracies.overall,
      'accuracy/yes-no': accuracies['yes/no'],
      'accuracy/open': accuracies.open,
    }),
    ...baselineScores(asked, config, dataSets),
  };
  return {
    scores,
    predictions: asked.map(
      ({ questionId, imageId, question, answer, kind, questionType }, index): AnswerPrediction => ({
        type: 'answer',
        questionId,
        imageId,
        kind,
        ...(questionType === undefined ? {} : { questionType }),
        question,
        expected: answer,
        text: texts[index]!,
        correct: accuracies.perQuestion[index] === 1,
      }),
    ),
  };
}

type AskedQuestion = Question & { readonly imageId: string };

/** Answers without a model to the same questions, scored alike; the signature says what they were counted on. */
function baselineScores(asked: readonly AskedQuestion[], config: RunConfig, dataSets: DataSets): Scores {
  const { training, answers } = baselineAnswers(asked, config, dataSets);
  const scored = BASELINES.map((baseline) => {
    const { overall, open, 'yes/no': yesNo } = accuraciesOf(asked, answers[baseline], config.evaluation.split);
    const counted = `|answers:${baseline}|train:${training.dataSet}|share:${training.trainingShare}`;
    return present(
      {
        [`baseline/${baseline}`]: overall,
        [`baseline/${baseline}/yes-no`]: yesNo,
        [`baseline/${baseline}/open`]: open,
      },
      counted,
    );
  });
  return Object.assign({}, ...scored);
}

function accuraciesOf(asked: readonly AskedQuestion[], predictions: readonly string[], split: string) {
  const records = asked.map(({ questionId, imageId, answer, kind }, index) => ({
    questionId,
    imageId,
    answer,
    kind,
    prediction: predictions[index]!,
  }));
  return scoreExactAnswers(records, { split }).accuracies;
}

/** Accuracies of the kinds of question that were asked. */
function present(
  accuracies: Readonly<Partial<Record<MeasureId, { readonly score: number | undefined; readonly signature: string }>>>,
  suffix = '',
): Scores {
  return Object.fromEntries(
    Object.entries(accuracies).flatMap(([measure, { score, signature }]) =>
      score === undefined ? [] : [[measure, { value: score, signature: signature + suffix }] as const],
    ),
  );
}
