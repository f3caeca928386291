/**
 * Conversations as LLaVA, LLaVA-Pretrain and ShareGPT4V keep them: a list of `{id, image, conversations: [{from, value}]}`, where `<image>`
 * in a value is the place of an image. Several turns, several images between the words, and conversations without an image are all read.
 */
import type { Content, Place } from '../layouts/content.js';
import type { ReferencedConversation, Turn, TurnPart } from '../layouts/dialogue.js';
import {
  type Fields,
  fieldOf,
  optionalIdentifier,
  optionalText,
  refusal,
  requireList,
  requireObject,
  requireText,
} from '../layouts/fields.js';

const FIELD = 'conversations';
const IMAGE_TOKEN = '<image>';

const ROLES: ReadonlyMap<string, Turn['role']> = new Map([
  ['human', 'user'],
  ['user', 'user'],
  ['gpt', 'assistant'],
  ['assistant', 'assistant'],
  ['system', 'system'],
]);

/** @throws InputError naming record and field */
export function readDialogues(content: Content): readonly ReferencedConversation[] {
  if (content.kind !== 'records') {
    throw refusal('the file is one object', content.file, 'a list of records with conversations');
  }
  return content.records.map(({ value, where }) => readDialogue(requireObject(value, where), where));
}

function readDialogue(fields: Fields, where: Place): ReferencedConversation {
  const files = imageFiles(fields, where);
  const list = requireList(fieldOf(fields, FIELD), `${where}, ${FIELD}`, 'a list of turns');
  const shown = { next: 0 };
  const turns = list.map((turn, index) => readTurn(turn, { toString: () => `${where}, ${FIELD}[${index}]` }, shown));
  if (shown.next === 0 && files.length > 0) placeFirst(turns, files.length);
  else if (shown.next !== files.length) {
    throw refusal(
      `the turns hold ${shown.next} times ${IMAGE_TOKEN}, and the record names ${files.length} images`,
      where,
      `one ${IMAGE_TOKEN} for each image`,
    );
  }
  const [id, split] = [optionalIdentifier(fields, ['id', 'question_id'], where), optionalText(fields, 'split')];
  return {
    ...(id === undefined ? {} : { id }),
    files,
    turns: inTurns(turns, where),
    ...(split === undefined ? {} : { split }),
    where,
  };
}

/** `image` is a path or a list of paths; some copies call it `images`. */
function imageFiles(fields: Fields, where: Place): readonly string[] {
  const name = ['image', 'images'].find((field) => fieldOf(fields, field) !== undefined);
  if (name === undefined) return [];
  const value = fieldOf(fields, name);
  if (value === null || value === '') return [];
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  return list.map((file) => requireText({ [name]: file }, [name], where));
}

function readTurn(value: unknown, where: Place, shown: { next: number }): Turn {
  const fields = requireObject(value, where);
  const from = requireText(fields, ['from', 'role'], where);
  const role = ROLES.get(from.toLowerCase());
  if (role === undefined) {
    const known = [...ROLES.keys()].join(', ');
    throw refusal(`the turn is from ${JSON.stringify(from.slice(0, 40))}`, where, `one of ${known}`);
  }
  const parts: TurnPart[] = [];
  for (const [index, text] of requireText(fields, ['value', 'content'], where).split(IMAGE_TOKEN).entries()) {
    if (index > 0) parts.push({ image: shown.next++ });
    const words = text.trim();
    if (words !== '') parts.push(words);
  }
  return { role, parts };
}

/** Images that no turn places stand before the words of the first one of the user. */
function placeFirst(turns: Turn[], count: number): void {
  const first = turns.findIndex(({ role }) => role === 'user');
  if (first < 0) return;
  const images = Array.from({ length: count }, (_, image) => ({ image }));
  turns[first] = { role: 'user', parts: [...images, ...turns[first]!.parts] };
}

/** User and assistant in turns: an answer before any question is left out, as LLaVA's own training does, and so is a last question without one. */
function inTurns(turns: readonly Turn[], where: Place): readonly Turn[] {
  const start = turns.findIndex(({ role }) => role === 'user');
  if (start < 0) throw refusal('no turn is from a human', where, 'turns of human and gpt');
  const spoken = turns.slice(start).filter(({ role }) => role !== 'system');
  spoken.forEach(({ role }, index) => {
    if (role === (index % 2 === 0 ? 'user' : 'assistant')) return;
    throw refusal(`two turns in a row are from the ${role}`, where, 'human and gpt in turns');
  });
  const answered = spoken.slice(0, spoken.length - (spoken.length % 2));
  if (answered.length === 0) throw refusal('no question has an answer', where, 'turns of human and gpt');
  return [...turns.slice(0, start).filter(({ role }) => role === 'system'), ...answered];
}
