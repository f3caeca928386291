/**
 * The caption metrics against published goldens, an oracle's scores, closed forms and properties.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bleu } from '../../metrics/captions/bleu.js';
import {
  type CaptionMetric,
  type CaptionRecord,
  countDocumentFrequencies,
  requireSameSignature,
  scoreCaptions,
  whitespaceTokeniser,
} from '../../metrics/index.js';

const speakingAndRain: CaptionRecord[] = [
  {
    imageId: 'speaking',
    candidate: 'a man is speaking',
    references: ['a man speaks.', 'someone speaks.', 'a man is speaking while a bird is chirping in the background'],
  },
  { imageId: 'rain', candidate: 'rain falls', references: ['rain is falling hard on a surface'] },
];

describe('goldens', () => {
  it('CIDEr-D of the README of aac-metrics', () => {
    const { score, perImage } = scoreCaptions(speakingAndRain).metrics['CIDEr-D']!;
    expect(score).toBeCloseTo(0.96135, 5);
    expect([...perImage].map((value) => value.toFixed(5))).toEqual(['1.36405', '0.55865']);
  });

  it('BLEU of the counts of a whole corpus', () => {
    const scores = bleu({
      candidateLength: 9893,
      referenceLength: 9855,
      guesses: [9893, 8893, 7893, 6893],
      matches: [5732, 2510, 1043, 423],
    });
    [0.5793996, 0.4043913, 0.2785364, 0.190829].forEach((expected, order) => {
      expect(scores[order]).toBeCloseTo(expected, 7);
    });
  });
});

describe('pycocoevalcap', () => {
  const read = (name: string) =>
    JSON.parse(readFileSync(new URL(`../fixtures/captions/${name}`, import.meta.url), 'utf8'));
  const { annotations } = read('references.json') as { annotations: { image_id: number; caption: string }[] };
  const results = read('results.json') as { image_id: number; caption: string }[];
  const oracle = (
    read('pycocoevalcap-scores.json') as { scores: Record<CaptionMetric, { score: number; perImage: number[] }> }
  ).scores;
  const records = results.map(({ image_id, caption }) => ({
    imageId: String(image_id),
    candidate: caption,
    references: annotations
      .filter((annotation) => annotation.image_id === image_id)
      .map((annotation) => annotation.caption),
  }));
  const { metrics, notes } = scoreCaptions(records);

  it.each(Object.keys(oracle) as CaptionMetric[])('%s agrees to 1e-9 over the corpus and for every image', (metric) => {
    const { score, perImage } = metrics[metric]!;
    expect(Math.abs(score - oracle[metric].score)).toBeLessThan(1e-9);
    oracle[metric].perImage.forEach((expected, image) => {
      expect(Math.abs(perImage[image]! - expected), records[image]!.candidate).toBeLessThan(1e-9);
    });
  });

  it('loses a soft hyphen that stands alone, as the reference does', () => {
    const { metrics } = scoreCaptions([
      { imageId: '1', candidate: 'a kite flies \u00ad over the pier', references: ['a kite flies over the pier'] },
      { imageId: '2', candidate: 'two otters sleep on a stone', references: ['two otters sleep on a stone'] },
    ]);
    expect(metrics['CIDEr-D']!.score).toBeCloseTo(10, 9);
    expect(metrics['BLEU-1']!.score).toBeCloseTo(0.9999999998333334, 12);
    expect(metrics['BLEU-4']!.score).toBeCloseTo(0.9999999997979168, 12);
    expect(metrics['ROUGE-L']!.score).toBe(1);
  });

  it('splits words at the white space of Python for n-grams, and at spaces alone for ROUGE-L', () => {
    const { metrics } = scoreCaptions(
      [
        { imageId: '1', candidate: 'http://a.b/c\u3000dog', references: ['http://a.b/c dog'] },
        { imageId: '2', candidate: '\u3000 \u00a0 \u2003', references: ['x'] },
      ],
      { tokeniser: whitespaceTokeniser },
    );
    expect(metrics['BLEU-1']!.perImage[0]).toBeCloseTo(1, 8);
    expect([...metrics['BLEU-1']!.perImage][1]).toBeCloseTo(0, 8);
    expect([...metrics['ROUGE-L']!.perImage]).toEqual([0, 0]);
  });

  it('scores empty captions as the reference does and counts them in a note', () => {
    expect(notes).toEqual(['4 of 120 candidates hold no word', '1 of 596 references hold no word']);
  });
});

describe('document frequencies', () => {
  it('score one image alone as within the set that they were counted on', () => {
    const frequencies = countDocumentFrequencies(speakingAndRain);
    const documentFrequencies = { ...frequencies, ngrams: [...frequencies.ngrams] };
    const whole = scoreCaptions(speakingAndRain);
    const alone = scoreCaptions(speakingAndRain.slice(0, 1), { documentFrequencies });
    expect(alone.metrics['CIDEr-D']!.score).toBe(whole.metrics['CIDEr-D']!.perImage[0]);
    expect(scoreCaptions(speakingAndRain.slice(0, 1)).metrics['CIDEr-D']!.score).toBe(0);
    expect(scoreCaptions(speakingAndRain.slice(0, 1)).notes).toEqual([
      'CIDEr of a single image is always 0 without frozen document frequencies',
    ]);
    const idf = (signature: string) => /idf:[a-z]+-(\d+@[0-9a-f]{16})/.exec(signature)![1];
    expect(idf(alone.metrics['CIDEr-D']!.signature)).toBe(idf(whole.metrics['CIDEr-D']!.signature));
  });

  it('are refused if another tokeniser counted them or a count is impossible', () => {
    const ngrams = [['a', 3]] as const;
    expect(() =>
      scoreCaptions(speakingAndRain, { documentFrequencies: { images: 5, tokeniser: 'whitespace-1', ngrams } }),
    ).toThrow(/counted with tokeniser whitespace-1, the captions with ptb-2/);
    expect(() =>
      scoreCaptions(speakingAndRain, { documentFrequencies: { images: 2, tokeniser: 'ptb-2', ngrams } }),
    ).toThrow('"a" is counted in 3 of 2 images');
  });

  it('follow ln N − ln df in a case worked by hand', () => {
    // Two images; 'x' is in both (idf 0), 'y' and 'z' in one each (idf ln 2). The candidate shares only 'y' with its reference.
    const records = [
      { imageId: '1', candidate: 'y', references: ['x y'] },
      { imageId: '2', candidate: 'x', references: ['x z'] },
    ];
    const { perImage } = scoreCaptions(records, { tokeniser: whitespaceTokeniser }).metrics['CIDEr-D']!;
    // Unigrams: cosine 1; no other order has a candidate gram. Lengths in bigrams are 0 and 1.
    expect(perImage[0]).toBeCloseTo((10 / 4) * Math.exp(-1 / 72), 12);
    expect(perImage[1]).toBe(0);
  });
});

describe('properties', () => {
  const caption = fc
    .array(fc.constantFrom('a', 'man', 'dog', 'red', 'ball', 'on', 'the', 'grass', 'runs', 'plays'), { maxLength: 9 })
    .map((words) => words.join(' '));
  const corpus = fc
    .array(fc.record({ candidate: caption, references: fc.array(caption, { minLength: 1, maxLength: 4 }) }), {
      minLength: 2,
      maxLength: 8,
    })
    .map((records) => records.map((record, index) => ({ ...record, imageId: `image ${index}` })));

  it('no order of images or references changes a score or a signature', () => {
    fc.assert(
      fc.property(corpus, (records) => {
        const mirrored = [...records]
          .reverse()
          .map((record) => ({ ...record, references: [...record.references].reverse() }));
        const scores = scoreCaptions(records).metrics;
        const other = scoreCaptions(mirrored).metrics;
        for (const [metric, { score, signature }] of Object.entries(scores)) {
          expect(other[metric as CaptionMetric]!.score).toBeCloseTo(score, 12);
          expect(other[metric as CaptionMetric]!.signature).toBe(signature);
        }
      }),
    );
  });

  it('scores stay in their ranges, and BLEU falls with its order', () => {
    fc.assert(
      fc.property(corpus, (records) => {
        const { metrics } = scoreCaptions(records);
        expect(Math.max(...metrics['CIDEr-D']!.perImage)).toBeLessThanOrEqual(10 + 1e-12);
        expect(Math.min(...metrics['CIDEr-D']!.perImage)).toBeGreaterThanOrEqual(0);
        const bleus = ([1, 2, 3, 4] as const).map((order) => metrics[`BLEU-${order}`]!.score);
        for (const score of [...bleus, metrics['ROUGE-L']!.score]) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('BLEU never rises with its order on captions that share n-grams of every order', () => {
    const records = [0, 1, 2].map((index) => ({
      imageId: String(index),
      candidate: `a man number ${index} rides a brown horse`,
      references: [`a man number ${index} rides a horse on the beach`],
    }));
    const { metrics } = scoreCaptions(records);
    const bleus = ([1, 2, 3, 4] as const).map((order) => metrics[`BLEU-${order}`]!.score);
    expect([...bleus].sort((a, b) => b - a)).toEqual(bleus);
  });

  it('a candidate of four words or more that equals its only reference scores 10', () => {
    fc.assert(
      fc.property(fc.array(fc.uuid(), { minLength: 4, maxLength: 9 }), (words) => {
        const text = words.map((word) => word.replaceAll('-', '')).join(' ');
        const records = [
          { imageId: 'same', candidate: text, references: [text] },
          { imageId: 'other', candidate: 'x', references: ['something else entirely'] },
        ];
        const { metrics } = scoreCaptions(records, { tokeniser: whitespaceTokeniser });
        expect(metrics['CIDEr-D']!.perImage[0]).toBeCloseTo(10, 9);
        expect(metrics['ROUGE-L']!.perImage[0]).toBeCloseTo(1, 12);
        expect(metrics['BLEU-4']!.perImage[0]).toBeCloseTo(1, 8);
      }),
    );
  });

  it('ROUGE-L equals the quadratic longest common subsequence, also beyond 32 tokens', () => {
    const longest = (a: readonly string[], b: readonly string[]): number => {
      let row = new Array<number>(b.length + 1).fill(0);
      for (const x of a) {
        const next = [0];
        b.forEach((y, index) => {
          next.push(x === y ? row[index]! + 1 : Math.max(row[index + 1]!, next[index]!));
        });
        row = next;
      }
      return row[b.length]!;
    };
    const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(words, words, (candidate, reference) => {
        const { metrics } = scoreCaptions(
          [{ imageId: '1', candidate: candidate.join(' '), references: [reference.join(' ')] }],
          { metrics: ['ROUGE-L'], tokeniser: whitespaceTokeniser },
        );
        const common = longest(candidate, reference);
        const precision = common / candidate.length;
        const recall = common / reference.length;
        const expected = common === 0 ? 0 : ((1 + 1.44) * precision * recall) / (recall + 1.44 * precision);
        expect(metrics['ROUGE-L']!.score).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe('signatures', () => {
  it('say how a score was computed', () => {
    const { metrics } = scoreCaptions(speakingAndRain, { split: 'test' });
    expect(metrics['CIDEr-D']!.signature).toMatch(
      /^CIDEr-D\|version:1\|n:4\|sigma:6\|idf:corpus-2@[0-9a-f]{16}\|tok:ptb-2\|case:lower\|images:2\|references:4@[0-9a-f]{16}\|split:test$/,
    );
  });

  it('differ with the references, and a comparison is refused', () => {
    const changed = [{ ...speakingAndRain[0]!, references: ['another text'] }, speakingAndRain[1]!];
    const left = scoreCaptions(speakingAndRain).metrics['ROUGE-L']!.signature;
    const right = scoreCaptions(changed).metrics['ROUGE-L']!.signature;
    expect(() => requireSameSignature(left, left)).not.toThrow();
    expect(() => requireSameSignature(left, right)).toThrow(/references:4@[0-9a-f]+ against references:2@[0-9a-f]+/);
  });
});

describe('bad records', () => {
  const good = speakingAndRain[0]!;
  it.each([
    [[], 'there is no image to score'],
    [[good, good], 'image speaking: image speaking occurs twice'],
    [[{ ...good, references: [] }], 'image speaking: image speaking has no reference caption'],
    [[{ ...good, candidate: 5 as unknown as string }], 'image speaking, candidate: the caption is a number, not text'],
    [
      [{ ...good, references: ['x', null as unknown as string] }],
      'image speaking, references[1]: the caption is null, not text',
    ],
    [
      [{ ...good, references: ['x', 'é'.repeat(2 ** 19), `${'é'.repeat(2 ** 19)}x`] }],
      'image speaking, references[2]: the caption is 1048577 bytes long in UTF-8',
    ],
  ])('%#: one exact error', (records, message) => {
    expect(() => scoreCaptions(records)).toThrow(message);
  });

  it('names the metrics that exist', () => {
    expect(() => scoreCaptions([good], { metrics: ['SPICE' as CaptionMetric] })).toThrow(
      'there is no caption metric "SPICE"',
    );
  });

  it('takes a caption of a megabyte', () => {
    const candidate = 'a dog and a cat '.repeat(65_536);
    const { metrics } = scoreCaptions([{ ...good, candidate }, speakingAndRain[1]!]);
    expect(metrics['ROUGE-L']!.perImage[0]).toBeGreaterThan(0);
  });
});
