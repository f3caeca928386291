/**
 * Document frequencies of a set of references as plain data, to be kept in a file and used for other images.
 */

import { remembered, stemmedTokeniserId } from '../stemming.js';
import { ptbTokeniser } from '../tokenise/ptb-tokeniser.js';
import type { Tokeniser } from '../tokenise/tokeniser.js';
import { type CaptionRecord, checkCaptionRecords } from './caption-record.js';
import { countGramFrequencies, type DocumentFrequencies, listNgrams } from './document-frequency.js';
import { encodeCaptions } from './encoded-captions.js';

export interface CountDocumentFrequenciesOptions {
  readonly tokeniser?: Tokeniser;
  /** Counts stemmed words, for CIDEr-stemmed. */
  readonly stem?: (word: string) => string;
}

/**
 * In how many of the records' images each 1- to 4-gram occurs in a reference.
 * @throws MetricError for records without references, with duplicate images or without text.
 */
export function countDocumentFrequencies(
  records: readonly Omit<CaptionRecord, 'candidate'>[],
  { tokeniser = ptbTokeniser, stem }: CountDocumentFrequenciesOptions = {},
): DocumentFrequencies {
  const withoutCandidates = records.map(({ imageId, references }) => ({ imageId, references, candidate: '' }));
  checkCaptionRecords(withoutCandidates);
  const encoded =
    stem === undefined
      ? encodeCaptions(withoutCandidates, tokeniser)
      : encodeCaptions(withoutCandidates, tokeniser, remembered(stem));
  const ngrams = listNgrams(encoded.table, countGramFrequencies(encoded));
  return {
    images: records.length,
    tokeniser: stem === undefined ? tokeniser.id : stemmedTokeniserId(tokeniser),
    ngrams,
  };
}
