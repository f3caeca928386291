import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Sample } from '../../../reference-model/data/dataset.js';
import { EASY_VQA_WORDS } from '../../../reference-model/data/easy-vqa/words.js';
import { loadDataSet } from '../../../reference-model/data/load-dataset.js';
import { EMBEDDED_DATA_SETS, type EmbeddedDataSetName } from '../../../reference-model/data/registry.js';
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

const wordsOf = (text: string): readonly string[] => text.split(/[ .,?]+/);

/** The different texts of each data set. */
const texts = new Map<EmbeddedDataSetName, ReadonlySet<string>>();
beforeAll(async () => {
  // EASY_VQA_ROOT may name the complete data set; the fixture has the same layout.
  const root = process.env.EASY_VQA_ROOT ?? 'test/fixtures/easy-vqa';
  for (const { name } of EMBEDDED_DATA_SETS) {
    const { splits } = await loadDataSet({ name, root });
    texts.set(name, new Set(Object.values(splits).flat().flatMap(textsOf)));
  }
});

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

  test('has one entry for each word of the data sets', () => {
    const words = new Set([...texts.values()].flatMap((ofDataSet) => [...ofDataSet]).flatMap(wordsOf));
    words.delete('');
    expect([...words, ...EASY_VQA_WORDS].filter((word) => tokenizer.encode(word).length !== 1)).toEqual([]);
  });
});

describe('a vocabulary that grows', () => {
  const first216 = Object.entries(content.model.vocab).filter(([, id]) => id < 216);

  test('keeps the tokens that models of 216 tokens were trained with', () => {
    const lines = first216.sort((a, b) => a[1] - b[1]).map(([token]) => `${token}\n`);
    const hash = createHash('sha256').update(lines.join('')).digest('hex');
    // The tokens of the vocabulary that the shipped backbones were trained with. Never to be renewed.
    expect(hash).toBe('94367d7b996d63c684d966bf5df13930069da3161bfd6ed28fdd24e77d13e424');
  });

  test('is as large as the catalog says that each data set needs', () => {
    for (const { name, embedded } of EMBEDDED_DATA_SETS) {
      const words = new Set([...texts.get(name)!].flatMap(wordsOf));
      const largest = Math.max(...[...words].flatMap((word) => tokenizer.encode(word)));
      expect([name, Math.ceil((largest + 1) / 8) * 8]).toEqual([name, embedded.vocabularySize]);
    }
  });

  test('is stated by every suite as one of the sizes of the catalog', () => {
    const sizes = EMBEDDED_DATA_SETS.map(({ embedded }) => embedded.vocabularySize);
    const statedIn = (value: unknown): readonly unknown[] =>
      typeof value !== 'object' || value === null
        ? []
        : Object.entries(value).flatMap(([key, inner]) => (key === 'vocabularySize' ? [inner] : statedIn(inner)));
    const suites = readdirSync('suites').filter((file) => file.endsWith('.yaml'));
    const embedded = suites.flatMap((file) => {
      const suite = parse(readFileSync(`suites/${file}`, 'utf8')) as { scales?: { embedded?: unknown } };
      return statedIn(suite.scales?.embedded);
    });
    expect(embedded.length).toBeGreaterThan(0);
    for (const size of embedded) expect(sizes).toContain(size);
  });

  test('spells a later word out for a smaller model that is asked freely', () => {
    const small = loadEmbeddedTokenizer({ vocabularySize: 216 });
    expect(small.vocabularySize).toBe(216);
    const ids = small.encode('is a gland shown?');
    expect(Math.max(...ids)).toBeLessThan(216);
    expect(small.decode(ids)).toBe('is a gland shown?');
    expect(small.encode('is there a red circle?')).toEqual(tokenizer.encode('is there a red circle?'));
  });
});

describe('text', () => {
  test('of the data sets comes back letter by letter, without an unknown token', () => {
    for (const text of [...texts.values()].flatMap((ofDataSet) => [...ofDataSet])) {
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
