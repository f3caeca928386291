/** TextVQA (Singh et al., CVPR 2019): an object whose `data` lists questions with the answers of ten people as texts. */
import { unwrapped } from '../layouts/content.js';
import { fieldOf } from '../layouts/fields.js';
import type { QuestionLayout } from '../layouts/question-layout.js';
import { readQuestionRecords } from '../layouts/question-records.js';

export const textVqaQuestions: QuestionLayout = {
  name: 'TextVQA',
  recognises: (content) => content.kind === 'document' && Array.isArray(fieldOf(content.value, 'data')),
  read: (content) => readQuestionRecords(unwrapped(content, ['data']), {}),
};
