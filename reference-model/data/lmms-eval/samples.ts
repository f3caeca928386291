/** Samples that lmms-eval logs: what was asked (doc), the right answers (target) and the model's (filtered_resps) in one record. */
import type { CaptionLayout } from '../layouts/caption-layout.js';
import { collectImages } from '../layouts/caption-records.js';
import { type Content, firstFields, type Place } from '../layouts/content.js';
import {
  type Fields,
  fieldOf,
  lacking,
  optionalIdentifier,
  optionalText,
  requireIdentifier,
  requireObject,
} from '../layouts/fields.js';
import { type ImageNames, imageNamesOf } from '../layouts/image-names.js';
import type { QuestionLayout } from '../layouts/question-layout.js';
import { answerTexts, typeFields } from '../layouts/question-records.js';
import { captionsIn } from '../layouts/text-list.js';

export function isLmmsSamples(content: Content): boolean {
  const fields = firstFields(content);
  return (
    fields !== undefined &&
    Object.hasOwn(fields, 'doc_id') &&
    ['filtered_resps', 'resps'].some((name) => Object.hasOwn(fields, name))
  );
}

export const lmmsCaptions: CaptionLayout = {
  name: 'samples of lmms-eval',
  recognises: isLmmsSamples,
  read: (content) =>
    collectImages(content, ({ fields, where }) => {
      if (fieldOf(fields, 'target') === undefined) lacking(fields, ['target'], where);
      return { names: sampleNames(fields, where), captions: captionsIn(fields, 'target', where), isWhole: true };
    }),
};

export const lmmsQuestions: QuestionLayout = {
  name: 'samples of lmms-eval',
  recognises: isLmmsSamples,
  read(content) {
    if (content.kind !== 'records') throw new TypeError('records are read from records');
    return content.records.map(({ value, where }) => {
      const fields = requireObject(value, where);
      const doc = docOf(fields, where);
      const question = optionalText(doc, 'question');
      return {
        names: { doc_id: requireIdentifier(fields, ['doc_id'], where) },
        image: imageNamesOf(doc, where),
        ...(question === undefined ? {} : { question }),
        answers: answerTexts(fields, 'target', where),
        ...typeFields(doc),
        where,
      };
    });
  },
};

/** All names of a sample's image: the number of the sample, and what its task kept of the data set. */
export function sampleNames(fields: Fields, where: Place): ImageNames {
  const doc = docOf(fields, where);
  const names: Record<string, string> = {
    doc_id: requireIdentifier(fields, ['doc_id'], where),
    ...imageNamesOf(doc, where),
  };
  for (const field of ['id', 'question_id']) {
    const name = optionalIdentifier(doc, [field], where);
    if (name !== undefined) names[field] = name;
  }
  return names;
}

function docOf(fields: Fields, where: Place): Fields {
  const doc = fieldOf(fields, 'doc');
  return doc === undefined || doc === null ? {} : requireObject(doc, `${where}, doc`);
}
