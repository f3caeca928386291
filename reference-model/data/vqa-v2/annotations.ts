/** The annotations of VQA v2: an object with a list of questions, each with the answers of ten people and two types. */
import { placeIn } from '../layouts/content.js';
import { fieldOf, optionalText, requireIdentifier, requireList, requireObject } from '../layouts/fields.js';
import type { QuestionLayout } from '../layouts/question-layout.js';
import { answerTexts } from '../layouts/question-records.js';

export const vqaV2Annotations: QuestionLayout = {
  name: 'VQA v2 annotations',
  recognises: (content) => content.kind === 'document' && fieldOf(content.value, 'annotations') !== undefined,
  read(content) {
    if (content.kind !== 'document') throw new TypeError('VQA v2 annotations are one object');
    const { file, value } = content;
    const annotations = requireList(fieldOf(value, 'annotations'), `${file}, annotations`, 'a list of annotations');
    return annotations.map((entry, index) => {
      const where = placeIn(file, 'annotations', index);
      const annotation = requireObject(entry, where);
      requireList(fieldOf(annotation, 'answers'), `${where}, answers`, 'a list of answers');
      const questionType = optionalText(annotation, 'question_type');
      const answerType = optionalText(annotation, 'answer_type');
      return {
        names: { question_id: requireIdentifier(annotation, ['question_id'], where) },
        image: { image_id: requireIdentifier(annotation, ['image_id'], where) },
        answers: answerTexts(annotation, 'answers', where),
        ...(questionType === undefined ? {} : { questionType }),
        ...(answerType === undefined ? {} : { answerType }),
        where,
      };
    });
  },
};
