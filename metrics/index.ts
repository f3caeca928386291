/**
 * Caption and VQA metrics on plain data, in Node and in the browser.
 */
export type { BootstrapOptions, Interval, IntervalMethod } from './bootstrap/interval.js';
export { bestConstantCaption } from './captions/best-constant-caption.js';
export { type BleuCounts, bleuOfOrder } from './captions/bleu.js';
export { type CaptionRecord, checkCaptionRecords } from './captions/caption-record.js';
export {
  type CountDocumentFrequenciesOptions,
  countDocumentFrequencies,
} from './captions/count-document-frequencies.js';
export type { DocumentFrequencies } from './captions/document-frequency.js';
export {
  CAPTION_METRICS,
  type CaptionMetric,
  type CaptionScores,
  DEFAULT_CAPTION_METRICS,
  type MetricScore,
  type ScoreCaptionsOptions,
  scoreCaptions,
} from './captions/score-captions.js';
export { MetricError, type MetricErrorCode, type MetricErrorDetail } from './errors.js';
export { type ScoreMeteorOptions, scoreMeteor, type WordKnowledge } from './meteor/meteor.js';
export { formatSignature, METRICS_VERSION, requireSameSignature } from './signature.js';
export { loadPorterStemmer, stemmedTokeniserId } from './stemming.js';
export { fingerprintSubset } from './subset.js';
export { ptbTokeniser, tokenisePennTreebank } from './tokenise/ptb-tokeniser.js';
export { type Tokeniser, whitespaceTokeniser } from './tokenise/tokeniser.js';
export {
  type Accuracy,
  type AnswerAccuracies,
  type AnsweredQuestion,
  type AnswerKind,
  answerKind,
  type ScoreAnswersOptions,
  scoreAnswers,
} from './vqa/answer-accuracy.js';
export { ANSWER_MATCHES, type AnswerMatch, isRightAnswer } from './vqa/answer-match.js';
export { type ConsensusAccuracies, type ConsensusQuestion, scoreConsensus } from './vqa/consensus-accuracy.js';
export { normaliseAnswer } from './vqa/official-normalisation.js';
export type { QuestionScore } from './vqa/question-score.js';
export { questionType } from './vqa/question-type.js';
export { scoreTokenOverlap, type TokenOverlapScores } from './vqa/token-overlap.js';
