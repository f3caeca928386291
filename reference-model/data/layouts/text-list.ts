/** Lists of texts as files write them: JSON lists, lists of objects that hold a text, and lists printed into one cell as JSON or Python. */
import { InputError } from '../../files/input-error.js';
import { parseJson } from '../../files/read-json.js';
import type { Place } from './content.js';
import { type Fields, fieldOf, refusal, requireList, requireObject, requireText, text } from './fields.js';
import { parsePythonTexts } from './python-texts.js';

/** @param names fields that hold the text where the entries are objects */
export function textList(value: unknown, names: readonly string[], field: string, where: Place): readonly string[] {
  const list = requireList(value, `${where}, ${field}`, 'a list of texts');
  return list.map((entry, index) => {
    const place = { toString: () => `${where}, ${field}[${index}]` };
    if (typeof entry === 'object' && entry !== null) return requireText(requireObject(entry, place), names, place);
    return typeof entry === 'string' ? entry : text(entry, 'the text', place);
  });
}

/** Whether a text is a list that was printed. */
export function looksLikeList(value: string): boolean {
  return /^\s*\[[\s\S]*\]\s*$/.test(value);
}

/** @throws InputError where the text is a list neither of JSON nor of Python */
export function printedList(value: string, field: string, where: Place): readonly string[] {
  const parsed = parsedList(value, where);
  if (parsed !== undefined) return textList(parsed, ['raw', 'caption'], field, where);
  const texts = parsePythonTexts(value);
  if (texts !== undefined) return texts;
  throw refusal('the references are not a JSON list', `${where}, ${field}`, 'a list such as ["a cat", "a small cat"]');
}

/** Undefined where the text is not a list of JSON. */
function parsedList(value: string, where: Place): readonly unknown[] | undefined {
  try {
    const parsed = parseJson(value, String(where));
    return Array.isArray(parsed) ? parsed : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Captions under a field that may hold a list, a printed list or one caption. */
export function captionsIn(fields: Fields, field: string, where: Place): readonly string[] {
  const value = fieldOf(fields, field);
  if (typeof value === 'string') return looksLikeList(value) ? printedList(value, field, where) : [value];
  if (Array.isArray(value)) return textList(value, ['raw', 'caption', 'sentence'], field, where);
  return [text(value, field, where)];
}
