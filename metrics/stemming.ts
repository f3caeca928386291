/**
 * The Porter stemmer of the package `natural`, loaded only by the metrics that stem.
 */

/** Resolves to Porter's algorithm (Porter, "An algorithm for suffix stripping", 1980). */
export async function loadPorterStemmer(): Promise<(word: string) => string> {
  const { default: stemmer } = await import('natural/lib/natural/stemmers/porter_stemmer.js');
  return (word) => stemmer.stem(word);
}

/** The same stemmer, which looks at each word once. */
export function remembered(stem: (word: string) => string): (word: string) => string {
  const known = new Map<string, string>();
  return (word) => {
    let stemmed = known.get(word);
    if (stemmed === undefined) {
      stemmed = stem(word);
      known.set(word, stemmed);
    }
    return stemmed;
  };
}

/** Names the words of document frequencies that were stemmed. */
export function stemmedTokeniserId({ id }: { readonly id: string }): string {
  return `${id}+porter`;
}
