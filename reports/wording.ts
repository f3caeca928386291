/** Labels that stand in a sentence or begin one. Words with another capital or a digit (CIDEr-D, AI, VQA) keep their letters. */

/** @returns `label` with its first letter in capitals. */
export function sentenceStart(label: string): string {
  return /^\p{Ll}[\p{Ll} /-]/u.test(label) ? `${label.slice(0, 1).toUpperCase()}${label.slice(1)}` : label;
}

/** @returns `label` with its first letter small. */
export function insideSentence(label: string): string {
  return /^\p{Lu}\p{Ll}+(?=$|[ ,;])/u.test(label) ? `${label.slice(0, 1).toLowerCase()}${label.slice(1)}` : label;
}
