/**
 * The type of a question by its first word, as VQA papers break their scores down.
 */

const TYPES: ReadonlySet<string> = new Set(
  'what where how why who whose when which is are was were do does did has have had can could will would should'.split(
    ' ',
  ),
);

/** The first word in lower case if it is a common question word, else `other`. */
export function questionType(question: string): string {
  const first = /[a-z]+/.exec(question.toLowerCase())?.[0] ?? '';
  return TYPES.has(first) ? first : 'other';
}
