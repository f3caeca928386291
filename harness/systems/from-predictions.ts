/**
 * A system from a file of predictions, scored on the spot against references: captions by the caption metrics, answers by accuracy.
 * CIDEr's document frequencies are counted on the references (or come from a file) and so never depend on the predictions.
 */
import { basename, extname } from 'node:path';
import {
  type AnsweredQuestion,
  type CaptionRecord,
  type ConsensusQuestion,
  DEFAULT_CAPTION_METRICS,
  type MetricScore,
  scoreAnswers,
  scoreCaptions,
  scoreConsensus,
} from '../../metrics/index.js';
import { readCaptionRecords } from '../score/captions.js';
import { readDocumentFrequencies } from '../score/document-frequency-file.js';
import { readConsensusQuestions, readEasyVqaQuestions, readPathVqaQuestions } from '../score/questions.js';
import {
  type Aggregation,
  type System,
  type SystemItem,
  type SystemMetric,
  sortItems,
  systemMetric,
} from './system.js';

/** What predictions are scored against. */
export interface Scoring {
  readonly references: string;
  readonly split?: string;
  /** Frozen document frequencies for CIDEr. */
  readonly df?: string;
  /** How questions are laid out; captions are scored without it. */
  readonly dataset?: 'pathvqa' | 'vqav2' | 'easy-vqa';
}

/** @throws UserError or MetricError for predictions that are missing, surplus, repeated or empty */
export async function systemOfPredictions(file: string, scoring: Scoring): Promise<System> {
  const scored =
    scoring.dataset === undefined ? await scoredCaptions(file, scoring) : await scoredAnswers(file, scoring);
  return predictedSystem(file, scored);
}

function predictedSystem(file: string, { metrics, items }: Scored): System {
  return {
    label: basename(file, extname(file)),
    origin: { kind: 'predictions', paths: [file] },
    records: 1,
    metrics,
    items: sortItems(items),
  };
}

interface Scored {
  readonly metrics: readonly SystemMetric[];
  readonly items: readonly SystemItem[];
}

async function scoredCaptions(file: string, { references, split, df }: Scoring): Promise<Scored> {
  const records = await readCaptionRecords(references, file, split);
  const { metrics, bleuColumns } = scoreCaptions(records, {
    metrics: DEFAULT_CAPTION_METRICS,
    ...(split === undefined ? {} : { split }),
    ...(df === undefined ? {} : { documentFrequencies: await readDocumentFrequencies(df) }),
  });
  return captionScores(records, new Map(Object.entries(metrics)), bleuColumns);
}

/** What scored captions come to as metrics and texts of one record; `scores` in the order of `records`. */
function captionScores(
  records: readonly CaptionRecord[],
  scores: ReadonlyMap<string, MetricScore>,
  bleuColumns: readonly Int32Array[] | undefined,
): Scored {
  const group = 'captions';
  const imageIds = records.map(({ imageId }) => imageId);
  return {
    metrics: [...scores].map(([name, { signature, perImage }]) => {
      const isBleu = name.startsWith('BLEU-');
      const columns = isBleu ? bleuColumns! : [perImage];
      const aggregation = isBleu ? (name as Aggregation) : 'mean';
      return systemMetric({
        name,
        signature,
        higherIsBetter: true,
        aggregation,
        group,
        imageIds,
        replicates: [{ columns }],
      });
    }),
    items: records.map(({ imageId, references, candidate }) => ({ group, imageId, references, texts: [candidate] })),
  };
}

/** Captions that were scored elsewhere in the harness, as a system. */
export function systemOfScoredCaptions(
  file: string,
  records: readonly CaptionRecord[],
  scores: ReadonlyMap<string, MetricScore>,
  bleuColumns: readonly Int32Array[] | undefined,
): System {
  return predictedSystem(file, captionScores(records, scores, bleuColumns));
}

async function scoredAnswers(file: string, { references, split, dataset }: Scoring): Promise<Scored> {
  if (dataset === 'vqav2') {
    const questions = await readConsensusQuestions(references, file);
    const { overall, perQuestion } = scoreConsensus(questions);
    return {
      metrics: [questionMetric('VQA-accuracy', overall.signature, questions, perQuestion)],
      items: questions.map((question, index) => consensusItem(question, perQuestion[index]!)),
    };
  }
  const questions =
    dataset === 'pathvqa'
      ? await readPathVqaQuestions(references, file, split)
      : await readEasyVqaQuestions(references, file);
  const accuracies = scoreAnswers(questions, { ...(split === undefined ? {} : { split }) });
  const { perQuestion } = accuracies;
  const kinds = [
    ['accuracy', accuracies.overall, undefined],
    ['accuracy/yes-no', accuracies['yes/no'], 'yes/no'],
    ['accuracy/open', accuracies.open, 'open'],
  ] as const;
  return {
    metrics: kinds.flatMap(([name, { score, signature }, kind]) => {
      if (score === undefined) return [];
      const asked = questions.flatMap((question, index) =>
        kind === undefined || question.kind === kind ? [{ question, score: perQuestion[index]! }] : [],
      );
      return [
        questionMetric(
          name,
          signature,
          asked.map(({ question }) => question),
          asked.map((one) => one.score),
        ),
      ];
    }),
    items: questions.map((question, index) => answerItem(question, perQuestion[index]!)),
  };
}

/** Sum and count of each image's questions. */
function questionMetric(
  name: string,
  signature: string,
  questions: readonly { readonly imageId: string }[],
  perQuestion: ArrayLike<number>,
): SystemMetric {
  const images = new Map<string, { sum: number; count: number }>();
  questions.forEach(({ imageId }, index) => {
    const { sum, count } = images.get(imageId) ?? { sum: 0, count: 0 };
    images.set(imageId, { sum: sum + perQuestion[index]!, count: count + 1 });
  });
  const values = [...images.values()];
  return systemMetric({
    name,
    signature,
    higherIsBetter: true,
    aggregation: 'ratio',
    group: 'answers',
    imageIds: [...images.keys()],
    replicates: [{ columns: [values.map(({ sum }) => sum), values.map(({ count }) => count)] }],
  });
}

function answerItem(
  { questionId, imageId, question, answer, prediction, kind }: AnsweredQuestion,
  score: number,
): SystemItem {
  return {
    group: 'answers',
    imageId,
    questionId,
    ...(question === undefined ? {} : { prompt: question }),
    kind,
    references: [answer],
    texts: [prediction],
    scores: [score],
  };
}

function consensusItem(
  { questionId, imageId, answers, prediction, questionType }: ConsensusQuestion,
  score: number,
): SystemItem {
  return {
    group: 'answers',
    imageId,
    questionId,
    ...(questionType === undefined ? {} : { questionType }),
    references: [...new Set(answers)],
    texts: [prediction],
    scores: [score],
  };
}
