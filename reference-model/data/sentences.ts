/** Makes sentences from patterns whose slots stand in braces, as in "is {x} present?". */

/** Fills the slots of a sentence. Throws RangeError for a slot without a filling. */
export function fill(sentence: string, slots: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, slot: string) => {
    const filling = slots[slot];
    if (filling === undefined) throw new RangeError(`The sentence "${sentence}" has no filling for {${slot}}.`);
    return filling;
  });
}

/** The words with their indefinite article. */
export function withArticle(words: string): string {
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
}
