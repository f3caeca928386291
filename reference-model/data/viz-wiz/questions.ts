/** VizWiz (Gurari et al., CVPR 2018): a list of images, each with one question and the answers of ten people, named by the image alone. */
import { firstFields } from '../layouts/content.js';
import type { QuestionLayout } from '../layouts/question-layout.js';
import { readQuestionRecords } from '../layouts/question-records.js';

export const vizWizQuestions: QuestionLayout = {
  name: 'VizWiz',
  recognises(content) {
    const fields = firstFields(content);
    return (
      fields !== undefined &&
      Array.isArray(fields.answers) &&
      Object.hasOwn(fields, 'image') &&
      !Object.hasOwn(fields, 'question_id')
    );
  },
  read: (content) => readQuestionRecords(content, { questionType: 'answer_type' }),
};
