/** SLAKE (Liu et al., ISBI 2021): records with qid, img_name, answer_type OPEN or CLOSED and a content_type. */
import { firstFields } from '../layouts/content.js';
import type { QuestionLayout } from '../layouts/question-layout.js';
import { readQuestionRecords } from '../layouts/question-records.js';

export const slakeQuestions: QuestionLayout = {
  name: 'SLAKE',
  recognises(content) {
    const fields = firstFields(content);
    return fields !== undefined && ['img_name', 'q_lang'].every((name) => Object.hasOwn(fields, name));
  },
  read: (content) => readQuestionRecords(content, { questionType: 'content_type' }),
};
