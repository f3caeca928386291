/** Breaks labels of charts into lines between their words: as few lines as fit, and those about equally long. */

/**
 * @param fits whether a line fits; a word that does not fit stands on a line of its own
 * @returns the lines, at least one
 */
export function balancedLines(label: string, fits: (line: string) => boolean): readonly string[] {
  const words = label.split(' ');
  const fewest = filledLines(words, fits);
  const lengths = [
    ...new Set(words.flatMap((_, from) => words.map((_, to) => words.slice(from, to + 1).join(' ').length))),
  ];
  for (const length of lengths.sort((left, right) => left - right)) {
    const lines = filledLines(words, (line) => line.length <= length && fits(line));
    if (lines.length <= fewest.length) return lines;
  }
  return fewest;
}

function filledLines(words: readonly string[], fits: (line: string) => boolean): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last !== undefined && fits(longer)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
