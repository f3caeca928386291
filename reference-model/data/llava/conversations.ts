/** Questions as conversations of two turns, as LLaVA and LLaVA-Med keep them; LLaVA-Med adds answer_type OPEN or CLOSED. */
import { firstFields, type Place } from '../layouts/content.js';
import { fieldOf, optionalIdentifier, refusal, requireList, requireObject, requireText } from '../layouts/fields.js';
import { imageNamesOf } from '../layouts/image-names.js';
import type { QuestionLayout, ReferencedQuestion } from '../layouts/question-layout.js';
import { answerText, typeFields } from '../layouts/question-records.js';

const FIELD = 'conversations';

export const llavaConversations: QuestionLayout = {
  name: 'LLaVA conversations',
  recognises(content) {
    const fields = firstFields(content);
    return fields !== undefined && Object.hasOwn(fields, FIELD);
  },
  read(content) {
    if (content.kind !== 'records') throw new TypeError('records are read from records');
    return content.records.map(({ value, where }) => readConversation(value, where));
  },
};

function readConversation(value: unknown, where: Place): ReferencedQuestion {
  const fields = requireObject(value, where);
  const turns = requireList(fieldOf(fields, FIELD), `${where}, ${FIELD}`, 'a list of two turns');
  if (turns.length !== 2) {
    throw refusal(
      `the conversation has ${turns.length} turns`,
      `${where}, ${FIELD}`,
      'a question and its answer',
      'leave conversations of several questions out, or make each of them a record of its own',
    );
  }
  const [asked, answered] = turns.map((turn, index) => {
    const place = { toString: () => `${where}, ${FIELD}[${index}]` };
    return { fields: requireObject(turn, place), place };
  });
  const id = optionalIdentifier(fields, ['question_id', 'id'], where);
  return {
    names: id === undefined ? {} : { id },
    image: imageNamesOf(fields, where),
    question: withoutImageToken(requireText(asked!.fields, ['value'], asked!.place)),
    answers: [answerText(fieldOf(answered!.fields, 'value'), 'value', answered!.place)],
    ...typeFields(fields),
    where,
  };
}

/** The place of the image in the prompt is no word of the question. */
function withoutImageToken(question: string): string {
  return question.replaceAll(/<(?:image|video)>/g, '').trim();
}
