/** Words as pages print them: labels that stand in a sentence or begin one, and what must not be parted at the end of a line. */

/** @returns `label` with its first letter in capitals. Words with another capital or a digit (CIDEr-D, AI, VQA) keep their letters. */
export function sentenceStart(label: string): string {
  return /^\p{Ll}[\p{Ll} /-]/u.test(label) ? `${label.slice(0, 1).toUpperCase()}${label.slice(1)}` : label;
}

/** @returns `label` with its first letter small. */
export function insideSentence(label: string): string {
  return /^\p{Lu}\p{Ll}+(?=$|[ ,;])/u.test(label) ? `${label.slice(0, 1).toLowerCase()}${label.slice(1)}` : label;
}

/** @returns `text` with its statistics (`t p = .003`, `n = 6`, `95 % CI`, `[0.1, 0.2]`) on one line each: their spaces do not break. */
export function unbroken(text: string): string {
  return text
    .replace(/(?<![\p{L}\d])((paired )?t |sign-flip )?([pnα]) ([=<>≤≥]) (?=[.\d])/gu, (found) =>
      found.replaceAll(' ', '\u00a0'),
    )
    .replace(/(?<=\[[−–\d.,]+,) (?=[−–\d.,]+\])/g, '\u00a0')
    .replace(/(?<=\d) %( CI\b)?/g, (found) => found.replaceAll(' ', '\u00a0'));
}
