/** Tokens that are taken whole, as a `tokenizer.json` lists them. */

/** @param tokens all of the vocabulary in the order of their ids */
export function addedTokens(contents: readonly string[], tokens: readonly string[]) {
  return contents.map((content) => ({
    id: tokens.indexOf(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
}
