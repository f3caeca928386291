/** PathVQA as its copy on Hugging Face exports it: question, answer and an image of bytes and path, or without the image. */
import { firstFields } from '../layouts/content.js';
import type { QuestionLayout } from '../layouts/question-layout.js';
import { readQuestionRecords } from '../layouts/question-records.js';

export const pathVqaQuestions: QuestionLayout = {
  name: 'PathVQA of Hugging Face',
  recognises(content) {
    const fields = firstFields(content);
    if (fields === undefined || typeof fields.question !== 'string' || typeof fields.answer !== 'string') return false;
    return Object.keys(fields).every((name) => ['image', 'question', 'answer', 'split'].includes(name));
  },
  read: (content) => readQuestionRecords(content, {}),
};
