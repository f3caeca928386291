/**
 * Scores of references that were given to the model token by token: the share of them of which it ranked every token first, and their
 * mean loss, for captions, for answers, and for each kind and topic of question that was asked.
 */
import type { DataSet } from '../../reference-model/data/dataset.js';
import { forcedRequests } from '../../reference-model/evaluation/forced-requests.js';
import type { Predictions } from '../../reference-model/evaluation/predict.js';
import type { ForcedAnswer } from '../../reference-model/evaluation/teacher-forced.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { type ForcedGroup, forcedGroupsOf } from '../measures/forced-groups.js';
import type { Scores } from '../measures/measures.js';
import type { ForcedPrediction } from '../records/predictions.js';
import { requireSameIds } from './same-ids.js';

/** @throws UserError `score-invalid` for references that are missing, surplus, repeated or out of order */
export function scoreTeacherForced(
  forced: Predictions['forced'] = [],
  config: RunConfig,
  data: DataSet,
): { readonly scores: Scores; readonly predictions: readonly ForcedPrediction[] } {
  const idOf = ({ source, imageId, questionId, expected }: Omit<ForcedAnswer, 'exact' | 'loss' | 'tokens'>) =>
    [source, imageId, questionId ?? expected].join(' ');
  requireSameIds(forcedRequests(config, data).map(idOf), forced.map(idOf), 'references');
  const groups = new Map<ForcedGroup, ForcedAnswer[]>();
  for (const answer of forced) {
    for (const group of forcedGroupsOf(answer)) {
      const members = groups.get(group) ?? [];
      groups.set(group, members);
      members.push(answer);
    }
  }
  const scores = [...groups].flatMap(([group, answers]) => {
    const prompt = group === 'ai-captions' ? `|prompt:${answers[0]!.prompt}` : '';
    const counted = `|split:${config.evaluation.split}|references:${answers.length}${prompt}`;
    const mean = (countOf: (answer: ForcedAnswer) => number) =>
      answers.reduce((sum, answer) => sum + countOf(answer), 0) / answers.length;
    const exact = 'every token of the reference ranked first, end token included, teacher-forced';
    const loss = 'cross-entropy of a whole reference in nats, end token included, teacher-forced';
    return [
      [`exact-match/${group}`, { value: mean(({ exact }) => (exact ? 1 : 0)), signature: exact + counted }] as const,
      [`answer-loss/${group}`, { value: mean(({ loss }) => loss), signature: loss + counted }] as const,
    ];
  });
  return {
    scores: Object.fromEntries(scores),
    predictions: forced.map((answer): ForcedPrediction => ({ type: 'teacher-forced', ...answer })),
  };
}
