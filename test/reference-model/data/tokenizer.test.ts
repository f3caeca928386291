import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sample } from '../../../reference-model/data/dataset.js';
import { EASY_VQA_WORDS } from '../../../reference-model/data/easy-vqa/words.js';
import { loadDataSet } from '../../../reference-model/data/load-dataset.js';
import { buildTokenizer } from '../../../reference-model/data/tokenizer/build-tokenizer.js';
import { loadEmbeddedTokenizer, loadTokenizer } from '../../../reference-model/data/tokenizer/load-tokenizer.js';

const tokenizer = loadEmbeddedTokenizer();
const content = buildTokenizer() as { model: { vocab: Record<string, number> }; added_tokens: { content: string }[] };
const unknown = content.model.vocab['<unknown>']!;

const textsOf = ({ humanCaptions, aiCaptions, questions }: Sample): readonly string[] => [
  ...humanCaptions,
  ...aiCaptions,
  ...questions.flatMap(({ question, answer }) => [question, answer]),
];

test('the committed tokenizer.json is what the builder builds', async () => {
  // After a wanted change of the words: npx vitest run test/reference-model/data/tokenizer.test.ts -u
  const json = `${JSON.stringify(buildTokenizer(), null, 1)}\n`;
  await expect(json).toMatchFileSnapshot('../../../reference-model/data/tokenizer/tokenizer.json');
});

describe('the vocabulary', () => {
  test('numbers its tokens without gaps, the special ones first, up to a multiple of eight', () => {
    const ids = Object.values(content.model.vocab).sort((a, b) => a - b);
    expect(ids).toEqual(ids.map((_, index) => index));
    expect(tokenizer.vocabularySize).toBe(ids.length);
    expect(tokenizer.vocabularySize % 8).toBe(0);
    expect(tokenizer.special).toEqual({ pad: 0, image: 1, begin: 2, end: 3 });
  });

  test('has one entry for each word of tiny-scenes and of easy-VQA', async () => {
    const dataSets = [
      await loadDataSet({ name: 'tiny-scenes' }),
      await loadDataSet({ name: 'easy-vqa', root: 'test/fixtures/easy-vqa' }),
    ];
    const samples = dataSets.flatMap(({ splits }) => [...splits.train, ...splits.validation, ...splits.test]);
    const words = new Set(samples.flatMap(textsOf).flatMap((text) => text.split(/[ .,?]+/)));
    words.delete('');
    expect([...words, ...EASY_VQA_WORDS].filter((word) => tokenizer.encode(word).length !== 1)).toEqual([]);
  });
});

describe('text', () => {
  test('of the data sets comes back letter by letter, without an unknown token', async () => {
    // EASY_VQA_ROOT may name the complete data set; the fixture has the same layout.
    const root = process.env.EASY_VQA_ROOT ?? 'test/fixtures/easy-vqa';
    const dataSets = [await loadDataSet({ name: 'tiny-scenes' }), await loadDataSet({ name: 'easy-vqa', root })];
    const samples = dataSets.flatMap(({ splits }) => [...splits.train, ...splits.validation, ...splits.test]);
    for (const text of new Set(samples.flatMap(textsOf))) {
      const ids = tokenizer.encode(text);
      expect(ids).not.toContain(unknown);
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });

  test('is read in lower case, unknown words by their characters', () => {
    expect(tokenizer.encode('A Red CIRCLE')).toEqual(tokenizer.encode('a red circle'));
    expect(tokenizer.decode(tokenizer.encode('A zebra, 42 m!'))).toBe('a zebra, 42 m!');
  });

  test('in ASCII never has an unknown token, however long a word is', () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
      maxLength: 400,
    });
    fc.assert(
      fc.property(ascii, (text) => {
        expect(tokenizer.encode(text)).not.toContain(unknown);
      }),
    );
    expect(tokenizer.encode('q'.repeat(1000))).not.toContain(unknown);
  });

  test('of any kind is encoded within the vocabulary and decoded without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const ids = tokenizer.encode(text);
        for (const id of ids) expect(id).toBeLessThan(tokenizer.vocabularySize);
        expect(typeof tokenizer.decode(ids)).toBe('string');
      }),
      { numRuns: 300 },
    );
  });

  test('cannot smuggle in a special token', () => {
    const specialIds = new Set(content.added_tokens.map((token) => content.model.vocab[token.content]!));
    for (const token of content.added_tokens) {
      const ids = tokenizer.encode(`what is ${token.content} here?`);
      expect(ids.filter((id) => specialIds.has(id))).toEqual([]);
    }
  });
});

describe('decoding', () => {
  const { pad, image, begin, end } = tokenizer.special;

  test('skips special tokens', () => {
    const ids = [image, image, begin, ...tokenizer.encode('a red circle.'), end, pad, pad];
    expect(tokenizer.decode(ids)).toBe('a red circle.');
    expect(tokenizer.decode([pad, end])).toBe('');
    expect(tokenizer.decode([])).toBe('');
  });

  test('refuses an id outside the vocabulary', () => {
    const size = tokenizer.vocabularySize;
    expect(() => tokenizer.decode([size])).toThrow(`Token id ${size} is outside the vocabulary of ${size} tokens.`);
    expect(() => tokenizer.decode([-1])).toThrow(RangeError);
    expect(() => tokenizer.decode([0.5])).toThrow(RangeError);
  });
});

describe('a tokenizer file', () => {
  test('that is missing, no JSON, no tokenizer or without a special token is one clear error', () => {
    expect(() => loadTokenizer('no/such/tokenizer.json')).toThrow(
      'no/such/tokenizer.json: cannot be read; expected a Hugging Face tokenizer.json.',
    );
    expect(() => loadTokenizer('LICENSE')).toThrow(/^LICENSE: not JSON: /);
    expect(() => loadTokenizer({ model: {} })).toThrow(/^tokenizer\.json: added_tokens: /);
    expect(() => loadTokenizer(content, { pad: '<pad>', image: '<image>', begin: '<begin>', end: '</s>' })).toThrow(
      'tokenizer.json: added_tokens has no "</s>"; the model needs it.',
    );
  });
});
