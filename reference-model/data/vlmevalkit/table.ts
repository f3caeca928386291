/** Tables that VLMEvalKit leaves: index, question, answer and prediction in one row; several captions are a printed list of Python. */
import type { CaptionLayout } from '../layouts/caption-layout.js';
import { collectImages } from '../layouts/caption-records.js';
import { type Content, firstFields, type Place } from '../layouts/content.js';
import { type Fields, fieldOf, lacking, optionalText, requireIdentifier, requireObject } from '../layouts/fields.js';
import { type ImageNames, imageNamesOf } from '../layouts/image-names.js';
import type { QuestionLayout } from '../layouts/question-layout.js';
import { answerTexts, typeFields } from '../layouts/question-records.js';
import { captionsIn } from '../layouts/text-list.js';

export function isVlmEvalTable(content: Content): boolean {
  const fields = firstFields(content);
  return fields !== undefined && ['index', 'answer', 'prediction'].every((name) => Object.hasOwn(fields, name));
}

export const vlmEvalCaptions: CaptionLayout = {
  name: 'a table of VLMEvalKit',
  recognises: isVlmEvalTable,
  read: (content) =>
    collectImages(content, ({ fields, where }) => {
      if (fieldOf(fields, 'answer') === undefined) lacking(fields, ['answer'], where);
      return { names: rowNames(fields, where), captions: captionsIn(fields, 'answer', where), isWhole: true };
    }),
};

export const vlmEvalQuestions: QuestionLayout = {
  name: 'a table of VLMEvalKit',
  recognises: isVlmEvalTable,
  read(content) {
    if (content.kind !== 'records') throw new TypeError('records are read from records');
    return content.records.map(({ value, where }) => {
      const fields = requireObject(value, where);
      const question = optionalText(fields, 'question');
      const { index, ...image } = rowNames(fields, where);
      return {
        names: { index: index! },
        image,
        ...(question === undefined ? {} : { question }),
        answers: answerTexts(fields, 'answer', where),
        ...typeFields(fields),
        where,
      };
    });
  },
};

/** An image in the table itself, in base64, is no name. */
export function rowNames(fields: Fields, where: Place): ImageNames {
  const { image: _, ...others } = fields;
  return { index: requireIdentifier(fields, ['index'], where), ...imageNamesOf(others, where) };
}
