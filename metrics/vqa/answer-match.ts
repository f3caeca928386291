/**
 * When a prediction counts as an answer. Both are normalised as the VQA v2 evaluation does; only whole words are compared, so that
 * "normal" never holds "no". A sentence that holds both "yes" and "no" answers neither.
 */
import { normaliseAnswer } from './official-normalisation.js';

/**
 * `exact`: the whole prediction is the answer. `leading-word`: it begins with the answer ("Yes, there is …").
 * `contains-word`: the answer stands in it.
 */
export const ANSWER_MATCHES = ['exact', 'leading-word', 'contains-word'] as const;

export type AnswerMatch = (typeof ANSWER_MATCHES)[number];

const OPPOSITES: Readonly<Record<string, string>> = { yes: 'no', no: 'yes' };

export function isRightAnswer(answer: string, prediction: string, match: AnswerMatch = 'exact'): boolean {
  const wanted = normaliseAnswer(answer);
  const given = normaliseAnswer(prediction);
  if (match === 'exact' || wanted === '' || given === wanted) return given === wanted;
  switch (match) {
    case 'leading-word':
      return given.startsWith(`${wanted} `);
    case 'contains-word': {
      const words = ` ${given} `;
      const opposite = OPPOSITES[wanted];
      return words.includes(` ${wanted} `) && (opposite === undefined || !words.includes(` ${opposite} `));
    }
    default:
      return match satisfies never;
  }
}
