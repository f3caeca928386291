/**
 * What METEOR knows about words, from the package `natural`: Porter's stemmer, and the WordNet files that it brings along.
 * The index files are read whole: `natural`'s own look-up opens and searches them anew for every word, which takes minutes.
 */
import { readFile } from 'node:fs/promises';
import { loadPorterStemmer, type WordKnowledge } from '../../metrics/index.js';

/** Loads the stemmer and the four indices (noun, verb, adjective, adverb). */
export async function loadWordKnowledge(): Promise<WordKnowledge> {
  const [stem, { default: WordNet }, { default: NounInflector }] = await Promise.all([
    loadPorterStemmer(),
    import('natural/lib/natural/wordnet/wordnet.js'),
    import('natural/lib/natural/inflectors/noun_inflector.js'),
  ]);
  const { nounIndex, verbIndex, adjIndex, advIndex } = new WordNet();
  const files = [nounIndex, verbIndex, adjIndex, advIndex];
  const texts = await Promise.all(files.map(({ filePath }) => readFile(filePath, 'latin1')));
  const sets = new Map<string, number[]>();
  texts.forEach((text, partOfSpeech) => {
    for (const line of text.split('\n')) addIndexLine(line, partOfSpeech, sets);
  });
  const inflector = new NounInflector();
  return {
    stem,
    synonymSets: (word) => sets.get(word) ?? sets.get(inflector.singularize(word)) ?? [],
  };
}

/** An index line ends in as many synset offsets as its third field says (wndb(5WN)); lines of the licence start blank. */
function addIndexLine(line: string, partOfSpeech: number, sets: Map<string, number[]>): void {
  if (line === '' || line.startsWith(' ')) return;
  const fields = line.trimEnd().split(' ');
  const offsets = fields.slice(fields.length - Number(fields[2])).map((offset) => 4 * Number(offset) + partOfSpeech);
  const known = sets.get(fields[0]!);
  if (known === undefined) sets.set(fields[0]!, offsets);
  else known.push(...offsets);
}
