/** Which references are given to a model token by token, as measures group them: captions, and answers, all or of one kind or topic. */
import { type AnswerKind, QUESTION_TYPES } from '../../reference-model/data/dataset.js';

export const FORCED_GROUPS = [
  'ai-captions',
  'questions',
  'questions/yes-no',
  'questions/open',
  ...QUESTION_TYPES.map((type) => `questions/${type}` as const),
] as const;

export type ForcedGroup = (typeof FORCED_GROUPS)[number];

/** The groups that a reference counts in: all of its source, and of a question its kind and its topic. */
export function forcedGroupsOf({
  source,
  kind,
  questionType,
}: {
  readonly source: 'ai-captions' | 'questions';
  readonly kind?: AnswerKind;
  readonly questionType?: string;
}): readonly ForcedGroup[] {
  if (source === 'ai-captions') return [source];
  const topic = QUESTION_TYPES.find((known) => known === questionType);
  const ofKind = kind === 'open' ? 'questions/open' : 'questions/yes-no';
  return [
    source,
    ...(kind === undefined ? [] : ([ofKind] as const)),
    ...(topic === undefined ? [] : [`questions/${topic}` as const]),
  ];
}

/** A group as pages name it. */
export function forcedTexts(group: ForcedGroup): string {
  const [source, part] = group.split('/');
  if (source === 'ai-captions') return 'detailed captions';
  if (part === undefined) return 'answers';
  if (part === 'open') return 'open answers';
  return part === 'yes-no' ? 'yes/no answers' : `answers about ${part}`;
}
