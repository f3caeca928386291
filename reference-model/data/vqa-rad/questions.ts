/** VQA-RAD (Lau et al., Scientific Data 2018): records with qid, image_name, answer_type OPEN or CLOSED and types of question. */
import { firstFields } from '../layouts/content.js';
import type { QuestionLayout } from '../layouts/question-layout.js';
import { readQuestionRecords } from '../layouts/question-records.js';

export const vqaRadQuestions: QuestionLayout = {
  name: 'VQA-RAD',
  recognises(content) {
    const fields = firstFields(content);
    return fields !== undefined && ['qid', 'image_name', 'phrase_type'].every((name) => Object.hasOwn(fields, name));
  },
  read: (content) => readQuestionRecords(content, { questionType: 'question_type' }),
};
