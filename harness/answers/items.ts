/** What a benchmark asks: one item for each image that is captioned, or for each question, in the order of the data set. */
import type { DataSource, IndexedQuestion } from '../../reference-model/data/source.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import type { Message } from '../answerers/answerer.js';
import { UserError } from '../errors.js';
import type { Benchmark, BenchmarkSettings } from '../suite/benchmark/benchmark-schema.js';

export interface Item {
  /** Of the image, or of the question; no two items share it. */
  readonly id: string;
  readonly imageId: string;
  readonly messages: readonly Message[];
  /** Reference captions, or right answers. */
  readonly references: readonly string[];
  readonly question?: IndexedQuestion;
}

export interface Items {
  /** What is asked. */
  readonly items: readonly Item[];
  /** The whole split. */
  readonly all: readonly Item[];
}

/** Part of the items, the same for equal seeds. */
export interface Limit {
  readonly items: number;
  readonly seed: number;
}

/** @throws UserError `data-invalid` for a split that is missing, or where images have no reference */
export function itemsOf(
  { samples }: { readonly samples: readonly Sample[] },
  { task }: Pick<Benchmark, 'task'>,
  settings: BenchmarkSettings,
  limit?: Limit,
): Items {
  const all = task === 'captions' ? captionItems(samples, settings) : questionItems(samples, settings);
  if (limit === undefined || limit.items >= all.length) return { items: all, all };
  const rank = ({ id }: Item): string => sha256(`${limit.seed}:${id}`);
  const chosen = new Set(
    all
      .map((item) => ({ id: item.id, rank: rank(item) }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1))
      .slice(0, limit.items)
      .map(({ id }) => id),
  );
  return { items: all.filter(({ id }) => chosen.has(id)), all };
}

type Sample =
  DataSource['splits'] extends ReadonlyMap<string, { readonly samples: readonly (infer One)[] }> ? One : never;

function captionItems(samples: readonly Sample[], { prompt, data }: BenchmarkSettings): readonly Item[] {
  return samples.map(({ imageId, humanCaptions, aiCaptions }) => {
    const references = data.captionStyle === 'ai' ? aiCaptions : humanCaptions;
    if (references.length === 0) throw lacking(`image ${imageId} has no caption to be compared with`, data);
    return { id: imageId, imageId, messages: asked(prompt), references };
  });
}

function questionItems(samples: readonly Sample[], { prompt, data, metrics }: BenchmarkSettings): readonly Item[] {
  const questions = samples.flatMap(({ imageId, questions: list }) => list.map((question) => ({ imageId, question })));
  if (questions.length === 0) throw lacking(`the split ${data.split} holds no question`, data);
  const uses = new Map<string, number>();
  for (const { question } of questions) uses.set(question.questionId, (uses.get(question.questionId) ?? 0) + 1);
  return questions.map(({ imageId, question }) => {
    const { questionId, answer, answers = [answer] } = question;
    if (metrics.includes('VQA-accuracy') && answers.length < 2) {
      throw lacking(`question ${questionId} has one answer, and VQA-accuracy takes those of several people`, data);
    }
    return {
      // Questions that share an identifier are told apart by their words.
      id: uses.get(questionId) === 1 ? questionId : `${questionId}: ${question.question}`,
      imageId,
      // Not as a pattern of `replace`: a question may hold "$&".
      messages: asked(prompt.split('{question}').join(question.question)),
      references: answers,
      question,
    };
  });
}

const asked = (text: string): readonly Message[] => [{ role: 'user', text }];

function lacking(what: string, { name, split }: BenchmarkSettings['data']): UserError {
  return new UserError({
    code: 'data-invalid',
    what,
    where: `${name}, ${split}`,
    expected: 'what the benchmark is scored against',
    fix: 'use the whole data set; `vlm-bench data card` says what belongs to it',
  });
}
