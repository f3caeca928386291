/**
 * The Porter stemmer of the package `natural`, loaded only by the metrics that stem.
 */

/** Resolves to Porter's algorithm (Porter, "An algorithm for suffix stripping", 1980). */
export async function loadPorterStemmer(): Promise<(word: string) => string> {
  const { default: stemmer } = await import('natural/lib/natural/stemmers/porter_stemmer.js');
  return (word) => stemmer.stem(word);
}
