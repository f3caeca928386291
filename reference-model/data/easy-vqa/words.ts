/** The words of easy-VQA's questions and answers, so that the embedded tokenizer has an entry for each. */
export const EASY_VQA_WORDS: readonly string[] = [
  ...['circle', 'rectangle', 'triangle', 'shape', 'image', 'color'],
  ...['black', 'blue', 'brown', 'gray', 'green', 'red', 'teal', 'yellow'],
  ...['a', 'contain', 'does', 'in', 'is', 'no', 'not', 'of', 'present', 'the', 'there', 'what', 'yes'],
];
