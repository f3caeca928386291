/**
 * Document frequencies of a set of references as plain data, to be kept in a file and used for other images.
 */
import { ptbTokeniser } from '../tokenise/ptb-tokeniser.js';
import type { Tokeniser } from '../tokenise/tokeniser.js';
import { type CaptionRecord, checkCaptionRecords } from './caption-record.js';
import { countGramFrequencies, type DocumentFrequencies, listNgrams } from './document-frequency.js';
import { encodeCaptions } from './encoded-captions.js';

/**
 * In how many of the records' images each 1- to 4-gram occurs in a reference.
 * @throws MetricError for records without references, with duplicate images or without text.
 */
export function countDocumentFrequencies(
  records: readonly Omit<CaptionRecord, 'candidate'>[],
  tokeniser: Tokeniser = ptbTokeniser,
): DocumentFrequencies {
  const withoutCandidates = records.map(({ imageId, references }) => ({ imageId, references, candidate: '' }));
  checkCaptionRecords(withoutCandidates);
  const encoded = encodeCaptions(withoutCandidates, tokeniser);
  const ngrams = listNgrams(encoded.table, countGramFrequencies(encoded));
  return { images: records.length, tokeniser: tokeniser.id, ngrams };
}
