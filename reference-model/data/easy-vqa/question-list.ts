/** The questions file of easy-VQA: a list of [question, answer, image]; the position in the list is the question's identifier. */

import { requireIdentifier, requireList, requireText } from '../layouts/fields.js';
import type { QuestionLayout } from '../layouts/question-layout.js';

export const easyVqaQuestionList: QuestionLayout = {
  name: 'easy-VQA',
  recognises: (content) => content.kind === 'records' && Array.isArray(content.records[0]?.value),
  read(content) {
    if (content.kind !== 'records') throw new TypeError('records are read from records');
    return content.records.map(({ value, where }) => {
      const [question, answer, image] = requireList(value, where, 'a list of question, answer and image');
      const fields = { question, answer, image };
      return {
        names: {},
        image: { image: requireIdentifier(fields, ['image'], where) },
        question: requireText(fields, ['question'], where),
        answers: [requireText(fields, ['answer'], where)],
        where,
      };
    });
  },
};
