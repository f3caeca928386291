/** The modules of `natural` that are imported one by one, so that the rest of the package is never loaded. */
declare module 'natural/lib/natural/tokenizers/regexp_tokenizer.js' {
  export class WordTokenizer {
    /** Runs of letters, digits and underscores. */
    tokenize(text: string): string[];
  }
}

declare module 'natural/lib/natural/ngrams/ngrams.js' {
  export function ngrams(words: readonly string[], n: number): string[][];
}
