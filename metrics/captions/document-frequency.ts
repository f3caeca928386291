/**
 * In how many images an n-gram occurs in any reference: the source of CIDEr's inverse document frequency.
 * Frequencies come from the scored references or are frozen in a file, so that one image alone can be scored
 * and two systems are weighed alike.
 */
import { MetricError } from '../errors.js';
import { formatFingerprint, HIGH_SEED, hashString, LOW_SEED, mix } from '../numerics/fingerprint.js';
import { type EncodedCaptions, MAXIMUM_ORDER } from './encoded-captions.js';
import type { NgramTable } from './ngram-table.js';

/** Frozen frequencies as plain data: what `vlm-bench score df` writes and `--df` reads. */
export interface DocumentFrequencies {
  /** Number of images that were counted. */
  readonly images: number;
  /** Identifier of the tokeniser that made the n-grams. */
  readonly tokeniser: string;
  /** Words joined by one space → images that hold the n-gram. */
  readonly ngrams: Iterable<readonly [ngram: string, images: number]>;
}

/** Frequencies on the grams of one table. */
export interface GramFrequencies {
  readonly images: number;
  /** Images per gram; [table size], zero where unseen. */
  readonly counts: Int32Array;
}

/** Counts the images whose references hold each gram. */
export function countGramFrequencies(encoded: EncodedCaptions): GramFrequencies {
  const { captionStart, wordStart, table } = encoded;
  const { longest } = encoded;
  const images = captionStart.length - 1;
  const counts = new Int32Array(table.size);
  const lastImage = new Int32Array(table.size).fill(-1);
  for (let image = 0; image < images; image++) {
    const to = wordStart[captionStart[image + 1]!]!;
    for (let word = wordStart[captionStart[image]! + 1]!; word < to; word++) {
      // A gram that was counted for this image was counted with all its prefixes.
      for (let gram = longest[word]!; gram >= 0 && lastImage[gram] !== image; gram = table.prefixOf(gram)) {
        lastImage[gram] = image;
        counts[gram]!++;
      }
    }
  }
  return { images, counts };
}

/**
 * Puts frozen frequencies onto the grams of `table`; grams that it lacks are added, so that the fingerprint covers all.
 * @throws MetricError `bad-document-frequencies` for a count that no set of images can have.
 */
export function adoptDocumentFrequencies(table: NgramTable, frequencies: DocumentFrequencies): GramFrequencies {
  const { images, ngrams } = frequencies;
  if (!Number.isSafeInteger(images) || images < 1) refuse(`the number of images is ${images}`, 'images');
  const found: number[] = [];
  const values: number[] = [];
  for (const [ngram, count] of ngrams) {
    const words = ngram.split(' ');
    if (words.length > MAXIMUM_ORDER || words.includes('')) {
      refuse(`${JSON.stringify(ngram)} is not one to four words joined by single spaces`, 'ngrams');
    }
    if (!Number.isSafeInteger(count) || count < 1 || count > images) {
      refuse(`${JSON.stringify(ngram)} is counted in ${count} of ${images} images`, 'ngrams');
    }
    let gram = table.word(words[0]!);
    for (let index = 1; index < words.length; index++) gram = table.extend(gram, table.word(words[index]!));
    found.push(gram);
    values.push(count);
  }
  const counts = new Int32Array(table.size);
  for (let index = 0; index < found.length; index++) {
    if (counts[found[index]!] !== 0) refuse('an n-gram occurs twice', 'ngrams');
    counts[found[index]!] = values[index]!;
  }
  return { images, counts };
}

/** The n-grams of `frequencies` as text, in order of their first occurrence. */
export function* listNgrams(table: NgramTable, frequencies: GramFrequencies): Generator<readonly [string, number]> {
  const { counts } = frequencies;
  for (let gram = 0; gram < counts.length; gram++) {
    if (counts[gram]! > 0) yield [gramText(table, gram), counts[gram]!];
  }
}

/** A fingerprint of the frequencies and of the number of images, whatever the order of images and n-grams. */
export function fingerprintFrequencies(table: NgramTable, { images, counts }: GramFrequencies): string {
  const low = new Int32Array(counts.length);
  const high = new Int32Array(counts.length);
  let sumLow = mix(LOW_SEED, images);
  let sumHigh = mix(HIGH_SEED, images);
  for (let gram = 0; gram < counts.length; gram++) {
    const prefix = table.prefixOf(gram);
    if (prefix < 0) {
      const text = table.textOf(gram);
      low[gram] = hashString(text, LOW_SEED);
      high[gram] = hashString(text, HIGH_SEED);
    } else {
      const word = table.lastWordOf(gram);
      low[gram] = mix(Math.imul(low[prefix]!, 31), low[word]!);
      high[gram] = mix(Math.imul(high[prefix]!, 37), high[word]!);
    }
    if (counts[gram]! === 0) continue;
    sumLow = (sumLow + mix(low[gram]!, counts[gram]!)) | 0;
    sumHigh = (sumHigh + mix(high[gram]!, counts[gram]!)) | 0;
  }
  return formatFingerprint({ high: sumHigh, low: sumLow });
}

function gramText(table: NgramTable, gram: number): string {
  const words: string[] = [];
  for (let rest = gram; rest >= 0; rest = table.prefixOf(rest)) words.push(table.textOf(table.lastWordOf(rest)));
  return words.reverse().join(' ');
}

function refuse(what: string, where: string): never {
  throw new MetricError({
    code: 'bad-document-frequencies',
    what,
    where,
    expected: 'the document frequencies that `vlm-bench score df` writes',
    fix: 'write the file again with `vlm-bench score df`',
  });
}
