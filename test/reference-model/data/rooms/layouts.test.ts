/** Data sets in the layouts in which people have them: every text and every image of the file is in what is opened, under its own name. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DataDeclaration, SplitDeclaration } from '../../../../reference-model/data/declared/declaration.js';
import { readDeclaredFile } from '../../../../reference-model/data/declared/declared-file.js';
import { openDeclared } from '../../../../reference-model/data/declared/open-declared.js';
import { missingFiles, openSource } from '../../../../reference-model/data/open-source.js';
import { cardOf, DATA_SET_NAMES, DATA_SETS } from '../../../../reference-model/data/registry.js';
import type { DataSource } from '../../../../reference-model/data/source.js';
import { InputError } from '../../../../reference-model/files/input-error.js';
import { caption, drawImage, newFolder, TEXTS, writeCopy } from './generated-copies.js';

const five = [0, 1, 2, 3, 4];

const files = (
  splits: Readonly<Record<string, SplitDeclaration>>,
  more: Partial<DataDeclaration> = {},
): DataDeclaration => ({
  format: 'files',
  captionStyle: 'human',
  splits,
  ...more,
});

async function images(prefix = 'images/', pattern = (id: number) => `${id}.jpg`) {
  return { [`${prefix}${pattern(1)}`]: await drawImage(1), [`${prefix}${pattern(2)}`]: await drawImage(2) };
}

async function refusalOf(opening: Promise<unknown>): Promise<InputError['problem']> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).problem;
}

const allSamples = ({ splits }: DataSource) => [...splits.values()].flatMap(({ samples }) => samples);

describe('captions', () => {
  test.each([
    ['COCO', 'captions.json', TEXTS.coco, {}],
    ['Karpathy', 'dataset.json', TEXTS.karpathy, {}],
    ['the Flickr30k CSV of Hugging Face', 'annotations.csv', TEXTS.flickrCsv, {}],
    ['results_20130124.token', 'results.token', TEXTS.token, {}],
    ['results.csv with bars', 'results.csv', TEXTS.bars, {}],
    ['captions.txt', 'captions.txt', TEXTS.captionsTxt, {}],
    ['JSON Lines', 'captions.jsonl', TEXTS.captionLines, {}],
  ] as const)('of %s belong to their images', async (_, name, text, more) => {
    const root = writeCopy({ [name]: text, ...(await images()) });
    const source = await openDeclared('mine', files({ all: { captions: [name], images: 'images', ...more } }), root);
    const samples = allSamples(source);
    expect(samples.map(({ humanCaptions }) => humanCaptions)).toEqual(
      [1, 2].map((id) => five.map((n) => caption(id, n))),
    );
    for (const [index, { imageId }] of samples.entries()) {
      expect(source.has(imageId)).toBe(true);
      const stored = await source.image(imageId);
      expect(stored).toEqual({ kind: 'encoded', bytes: await drawImage(index + 1) });
      expect(source.placeOf(imageId)).toBe(join(root, 'images', `${index + 1}.jpg`));
    }
  });

  test('of a Karpathy split go to the splits that they state', async () => {
    const root = writeCopy({ 'dataset_flickr30k.json': TEXTS.karpathy, ...(await images('flickr30k-images/')) });
    const declared = files({
      train: { captions: ['dataset_flickr30k.json'], images: 'flickr30k-images', part: ['train', 'restval'] },
      test: { captions: ['dataset_flickr30k.json'], images: 'flickr30k-images', part: ['test'] },
    });
    const { splits, manifest } = await openDeclared('mine', declared, root);
    expect([...splits].map(([name, { samples }]) => [name, samples.length])).toEqual([
      ['train', 1],
      ['test', 1],
    ]);
    expect(manifest.map(({ name }) => name)).toEqual(['dataset_flickr30k.json']);
  });

  test('of COCO in Karpathy splits name the folder of the year', async () => {
    const root = writeCopy({ 'k.jsonl': TEXTS.karpathyLines, ...(await images('train2014/')) });
    const source = await openDeclared('mine', files({ train: { captions: ['k.jsonl'], images: '.' } }), root);
    expect(allSamples(source).map(({ imageId }) => [imageId, source.has(imageId)])).toEqual([
      ['1', true],
      ['2', true],
    ]);
  });

  test('are divided by lists of file names, which must all have captions', async () => {
    const lists = { 'a.txt': '1.jpg\n', 'b.txt': '2.jpg\r\n', 'c.txt': '3.jpg\n' };
    const root = writeCopy({ 'token.txt': TEXTS.token, ...lists, ...(await images()) });
    const split = (list: string) => ({ captions: ['token.txt'], images: 'images', list });
    const { splits } = await openDeclared('mine', files({ train: split('a.txt'), test: split('b.txt') }), root);
    expect([...splits.values()].map(({ samples }) => samples.map(({ imageId }) => imageId))).toEqual([
      ['1.jpg'],
      ['2.jpg'],
    ]);
    const { what, where } = await refusalOf(openDeclared('mine', files({ train: split('c.txt') }), root));
    expect(`${what} ${where}`).toContain('3.jpg');
    expect(where).toContain('c.txt');
  });

  test('of machines are kept apart from those of people', async () => {
    const root = writeCopy({ 'pretrain.json': TEXTS.llava.slice(0, 1), ...(await images()) });
    const declared = files(
      { train: { conversations: ['pretrain.json'], images: 'images' } },
      { captionStyle: 'ai', conversationsAre: 'captions' },
    );
    expect(allSamples(await openDeclared('mine', declared, root))).toEqual([
      { imageId: '1.jpg', humanCaptions: [], aiCaptions: ['A grey pattern.'], questions: [] },
    ]);
  });
});

describe('questions', () => {
  test.each([
    ['PathVQA as CSV', 'q.csv', TEXTS.pathVqaCsv, {}],
    ['PathVQA as JSON', 'q.json', TEXTS.pathVqaJson, { imageName: '{id}.jpg' }],
    ['VQA-RAD', 'q.json', TEXTS.vqaRad, {}],
  ] as const)('of %s belong to their images', async (_, name, text, more) => {
    const root = writeCopy({ [name]: text, ...(await images()) });
    const source = await openDeclared('mine', files({ all: { questions: [name], images: 'images', ...more } }), root);
    const samples = allSamples(source);
    expect(samples).toHaveLength(2);
    for (const { imageId, questions } of samples) {
      expect(source.has(imageId)).toBe(true);
      for (const { question, answer, kind } of questions) {
        expect(question).toMatch(/\?$/);
        expect(kind).toBe(/^(yes|no)$/i.test(answer) ? 'yes/no' : 'open');
      }
    }
  });

  test('of VQA v2 take their words from a file of their own, and keep the answers of all people', async () => {
    const pattern = (id: number) => `COCO_val2014_${String(id).padStart(12, '0')}.jpg`;
    const texts = { 'a.json': TEXTS.vqaV2, 'q.json': TEXTS.vqaV2Questions };
    const root = writeCopy({ ...texts, ...(await images('val2014/', pattern)) });
    const split = { questions: ['a.json'], images: 'val2014', imageName: 'COCO_val2014_{id:12}.jpg' };
    const source = await openDeclared('mine', files({ val: { ...split, questionTexts: ['q.json'] } }), root);
    expect(allSamples(source).map(({ imageId, questions }) => [imageId, source.has(imageId), questions[0]])).toEqual(
      ['1', '2'].map((id) => [
        id,
        true,
        {
          questionId: `${id}0`,
          question: `what is ${id}?`,
          answer: 'cat',
          kind: 'open',
          questionType: 'what',
          answers: ['cat', 'dog', 'cat'],
        },
      ]),
    );
    const { where } = await refusalOf(openDeclared('mine', files({ val: split }), root));
    expect(where).toContain('annotations[0]');
  });
});

describe('conversations', () => {
  test('keep their turns, and every image at its place between the words', async () => {
    const root = writeCopy({ 'llava.json': TEXTS.llava, ...(await images()) });
    const source = await openDeclared(
      'mine',
      files({ train: { conversations: ['llava.json'], images: 'images' } }),
      root,
    );
    const { conversations, samples } = source.splits.get('train')!;
    expect(conversations.map(({ conversationId, imageIds }) => [conversationId, imageIds])).toEqual([
      ['one', ['1.jpg']],
      ['many', ['1.jpg', '2.jpg']],
      ['none', []],
    ]);
    expect(conversations[1]!.turns).toEqual([
      { role: 'user', parts: ['Compare', { image: 0 }, 'with', { image: 1 }, 'please.'] },
      { role: 'assistant', parts: ['They differ.'] },
      { role: 'user', parts: ['How?'] },
      { role: 'assistant', parts: ['In brightness.'] },
    ]);
    expect(samples.map(({ imageId, questions }) => [imageId, questions.length])).toEqual([
      ['1.jpg', 1],
      ['2.jpg', 0],
    ]);
  });

  test('are refused where images and their places do not fit', async () => {
    const broken = {
      id: 'x',
      image: '1.jpg',
      conversations: [
        { from: 'human', value: '<image> <image>' },
        { from: 'gpt', value: 'x' },
      ],
    };
    const root = writeCopy({ 'llava.json': [TEXTS.llava[0], broken], ...(await images()) });
    const declared = files({ train: { conversations: ['llava.json'], images: 'images' } });
    const { what, where } = await refusalOf(openDeclared('mine', declared, root));
    expect(what).toBe('the turns hold 2 times <image>, and the record names 1 images');
    expect(where).toBe(`${join(root, 'llava.json')}, [1]`);
  });
});

describe('names', () => {
  test.each(['../secret.jpg', '/etc/passwd', 'a/../../secret.jpg', 'C:\\secret.jpg', '..\\secret.jpg', 'a\0.jpg'])(
    'that lead out of the folder are refused: %j',
    async (name) => {
      const root = writeCopy({
        'c.jsonl': JSON.stringify({ image: name, caption: 'x' }),
        'secret.jpg': 'secret',
        'images/a/x': '',
      });
      const declared = files({ all: { captions: ['c.jsonl'], images: 'images' } });
      const { code, where } = await refusalOf(openDeclared('mine', declared, root));
      expect({ code, where: where.startsWith(join(root, 'c.jsonl')) }).toEqual({ code: 'data-invalid', where: true });
    },
  );

  test('of links that lead out of the folder are refused, and those that stay inside are followed', async () => {
    const root = writeCopy({
      'c.jsonl': '{"image":"out.jpg","caption":"x"}\n{"image":"in.jpg","caption":"y"}',
      ...(await images()),
    });
    const outside = newFolder();
    writeFileSync(join(outside, 'secret.jpg'), 'secret');
    symlinkSync(join(outside, 'secret.jpg'), join(root, 'images', 'out.jpg'));
    symlinkSync(join(root, 'images', '1.jpg'), join(root, 'images', 'in.jpg'));
    const source = await openDeclared('mine', files({ all: { captions: ['c.jsonl'], images: 'images' } }), root);
    const { what, where } = await refusalOf(source.image('out.jpg'));
    expect(what).toBe('a symbolic link leads out of the folder of the images');
    expect(where).toBe(join(root, 'images', 'out.jpg'));
    expect(await source.image('in.jpg')).toEqual({ kind: 'encoded', bytes: await drawImage(1) });
  });

  test('of declared files are refused as well', async () => {
    const declared = files({ all: { captions: ['../c.jsonl'], images: 'images' } });
    const { what } = await refusalOf(openDeclared('mine', declared, writeCopy({ 'images/1.jpg': '' })));
    expect(what).toContain('leads out of the folder');
  });

  test('that two splits share are told apart', async () => {
    const root = writeCopy({ 'a.json': TEXTS.vqaRad, 'b.json': TEXTS.vqaRad.slice(1), ...(await images()) });
    const split = (file: string) => ({ questions: [file], images: 'images' });
    const source = await openDeclared('mine', files({ train: split('a.json'), test: split('b.json') }), root);
    expect(allSamples(source).map(({ imageId }) => imageId)).toEqual(['1.jpg', '2.jpg', 'test/2.jpg']);
    expect(await source.image('test/2.jpg')).toEqual(await source.image('2.jpg'));
  });
});

describe('the fingerprint', () => {
  const declared = files({ all: { captions: ['c.json'], images: 'images' } });

  test('does not depend on the place of the data set, and changes with its texts and with how it is read', async () => {
    const open = async (text: unknown, declaration = declared) =>
      (await openDeclared('mine', declaration, writeCopy({ 'c.json': text, ...(await images()) }))).fingerprint;
    const first = await open(TEXTS.coco);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await open(TEXTS.coco)).toBe(first);
    const [one, ...others] = TEXTS.coco.annotations;
    expect(await open({ ...TEXTS.coco, annotations: [{ ...one!, caption: 'another' }, ...others] })).not.toBe(first);
    expect(await open(TEXTS.coco, { ...declared, captionStyle: 'ai' })).not.toBe(first);
    const exclude = { imageIds: new Set(['1']), sha256: 'x' };
    expect(await open(TEXTS.coco, { ...declared, exclude })).not.toBe(first);
  });
});

describe('a data set that a user declares', () => {
  const yaml = 'name: mine\nlicense: CC0\nformat: files\nsplits:\n  all:\n    captions: c.json\n    images: images\n';

  test('is read from where its file lies', async () => {
    const root = writeCopy({ 'mine.yaml': yaml, 'c.json': TEXTS.coco, ...(await images()) });
    const { card, declaration, root: found } = readDeclaredFile(join(root, 'mine.yaml'));
    expect({ name: card.name, license: card.license, found }).toEqual({ name: 'mine', license: 'CC0', found: root });
    expect(allSamples(await openDeclared(card.name, declaration, found))).toHaveLength(2);
  });

  test.each([
    ['license: CC0\n', '', 'license', /:1:1$|mine\.yaml$/],
    ['    captions', '    captoins', 'captoins', /:\d+:\d+$/],
    ['format: files', 'format: file', 'format', /:3:9$/],
    ['name: mine', 'name: mine\nname: mine', 'unique', /:\d+:\d+$/],
    ['    captions: c.json\n', '', 'captions', /splits\.all$/],
  ])('is refused with its line where %j stands for %j', (from, to, said, place) => {
    const file = join(writeCopy({ 'mine.yaml': yaml.replace(from, to) }), 'mine.yaml');
    expect(() => readDeclaredFile(file)).toThrow(InputError);
    try {
      readDeclaredFile(file);
    } catch (error) {
      const { what, where } = (error as InputError).problem;
      expect(what).toContain(said);
      expect(where).toMatch(place);
    }
  });
});

describe('the registry', () => {
  test('names every data set once, and says where to get what is read from disk', () => {
    expect(new Set(DATA_SET_NAMES).size).toBe(DATA_SETS.length);
    for (const { card } of DATA_SETS) {
      expect(card.license.length).toBeGreaterThan(2);
      for (const { from } of card.files) expect(from).toMatch(/^https:\/\//);
      for (const { part, list, captions = [] } of Object.values(
        ('layouts' in card ? card.layouts[0]!.splits : {}) as Record<string, SplitDeclaration>,
      )) {
        if (part === undefined && list === undefined && captions.length > 0) {
          expect(card.files.map(({ path }) => path)).toEqual(expect.arrayContaining([...captions]));
        }
      }
    }
  });

  test('says which file is missing, and who has it', async () => {
    const root = newFolder();
    const { what, where, fix } = await refusalOf(openSource('coco-2017', { root }));
    expect({ what, where }).toEqual({
      what: 'coco-2017 is not complete: there is no annotations/captions_train2017.json',
      where: root,
    });
    expect(fix).toContain('https://cocodataset.org');
    expect(missingFiles(cardOf('coco-2017'), root)).toHaveLength(4);
  });

  test('opens a copy in any of the layouts that a card knows, also under its name in a larger data root', async () => {
    const root = newFolder();
    mkdirSync(join(root, 'flickr8k'));
    const lists = {
      'Flickr_8k.trainImages.txt': '1.jpg',
      'Flickr_8k.devImages.txt': '2.jpg',
      'Flickr_8k.testImages.txt': '2.jpg',
    };
    writeCopy({ 'captions.txt': TEXTS.captionsTxt, ...lists, ...(await images('Images/')) }, join(root, 'flickr8k'));
    const { splits } = await openSource('flickr8k', { root });
    expect([...splits].map(([name, { samples }]) => [name, samples.length])).toEqual([
      ['train', 1],
      ['validation', 1],
      ['test', 1],
    ]);
    expect(missingFiles(cardOf('flickr8k'), join(root, 'flickr8k'))).toEqual([]);
  });
});
