/**
 * What the texts that a model learns from are like: how long, how varied, how predictable. Words are lower-case runs of letters and
 * digits. What grows or shrinks with the length of a corpus is computed on its first 10,000 words, so that corpora of different lengths
 * can be compared. Equal texts in equal order give equal bits.
 */
import ngramModule from 'natural/lib/natural/ngrams/ngrams.js';
import tokenizerModule from 'natural/lib/natural/tokenizers/regexp_tokenizer.js';
import { naturalLogarithm } from '../../metrics/numerics/deterministic-math.js';
import type { DescribedImage } from '../../reference-model/data/dataset.js';

/** What one kind of text is like; see `textStatistics`. */
export interface TextStatistics {
  readonly label: string;
  readonly texts: number;
  readonly words: number;
  readonly wordsPerText: number;
  readonly distinctWords: number;
  readonly typeTokenRatio: number;
  readonly wordEntropy: number;
  readonly bigramEntropy: number;
  readonly trigramEntropy: number;
  readonly distinctTexts: number;
}

const sampleWords = 10_000;

/** Statistics of each kind of caption that the samples have; the first caption of every image comes before the second of any. */
export function captionStatistics(samples: readonly DescribedImage[]): readonly TextStatistics[] {
  const kinds = [
    ['human captions', samples.map(({ humanCaptions }) => humanCaptions)],
    ['AI captions', samples.map(({ aiCaptions }) => aiCaptions)],
  ] as const;
  return kinds.flatMap(([label, byImage]) => {
    const deepest = byImage.reduce((most, captions) => Math.max(most, captions.length), 0);
    const texts = Array.from({ length: deepest }, (_, index) =>
      byImage.flatMap((captions) => captions.slice(index, index + 1)),
    ).flat();
    return texts.length === 0 ? [] : [textStatistics(label, texts)];
  });
}

/**
 * Counts are over all texts; the type/token ratio and the entropies, in bits per word, over the first 10,000 words.
 * Entropies are those of the observed frequencies (Shannon 1948), which lie below the true ones the more, the longer the context; an
 * n-gram never spans two texts.
 *
 * @throws RangeError when there is no word in the texts
 */
export function textStatistics(label: string, texts: readonly string[]): TextStatistics {
  const tokenizer = new tokenizerModule.WordTokenizer();
  const tokenised = texts.map((text) => tokenizer.tokenize(text.toLowerCase()));
  const words = tokenised.flat();
  if (words.length === 0) throw new RangeError(`There is no word in the ${label}.`);
  const sample = firstWords(tokenised);
  const sampled = sample.flat();
  return {
    label,
    texts: texts.length,
    words: words.length,
    wordsPerText: words.length / texts.length,
    distinctWords: new Set(words).size,
    typeTokenRatio: new Set(sampled).size / sampled.length,
    wordEntropy: conditionalEntropy(sample, 1),
    bigramEntropy: conditionalEntropy(sample, 2),
    trigramEntropy: conditionalEntropy(sample, 3),
    distinctTexts: new Set(tokenised.map((text) => text.join(' '))).size,
  };
}

function firstWords(tokenised: readonly (readonly string[])[]): readonly (readonly string[])[] {
  let left = sampleWords;
  return tokenised.flatMap((words) => {
    const kept = words.slice(0, left);
    left -= kept.length;
    return kept.length === 0 ? [] : [kept];
  });
}

/** Bits of a word given the `n` − 1 words before it: Σ p(context, word) · log₂ (p(context) ÷ p(context, word)); 0 without n-grams. */
function conditionalEntropy(tokenised: readonly (readonly string[])[], n: number): number {
  const sequences = new Map<string, { readonly context: string; count: number }>();
  const contexts = new Map<string, number>();
  let total = 0;
  for (const words of tokenised) {
    for (const ngram of ngramModule.ngrams(words, n)) {
      const context = ngram.slice(0, -1).join(' ');
      const sequence = ngram.join(' ');
      const entry = sequences.get(sequence);
      if (entry === undefined) sequences.set(sequence, { context, count: 1 });
      else entry.count += 1;
      contexts.set(context, (contexts.get(context) ?? 0) + 1);
      total += 1;
    }
  }
  let sum = 0;
  for (const { context, count } of sequences.values()) sum += count * naturalLogarithm(contexts.get(context)! / count);
  return total === 0 ? 0 : sum / total / Math.LN2;
}
