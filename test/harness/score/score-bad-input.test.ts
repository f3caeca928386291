/** Every bad input of `score` ends in one error with file and record, exactly as printed. */
import { rmSync, truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runScore, writeFiles } from './score-command.js';

const references = { images: [{ id: 1 }, { id: 2 }], annotations: [annotation(1, 'a cat'), annotation(2, 'a dog')] };
const predictions = [prediction(1, 'a cat'), prediction(2, 'a dog')];

function annotation(image_id: unknown, caption: unknown) {
  return { image_id, id: 1, caption };
}

function prediction(image_id: unknown, caption: unknown) {
  return { image_id, caption };
}

/** The error of scoring these two files, with their folder cut off. */
async function errorOf(
  files: { r?: [string, unknown]; p?: [string, unknown] },
  ...options: readonly string[]
): Promise<string | undefined> {
  const [referencesName, referencesContent] = files.r ?? ['r.json', references];
  const [predictionsName, predictionsContent] = files.p ?? ['p.json', predictions];
  const paths = writeFiles({ [referencesName]: referencesContent, [predictionsName]: predictionsContent });
  const folder = paths[referencesName]!.slice(0, -referencesName.length);
  const { error, stdout } = await runScore(
    'captions',
    '--references',
    paths[referencesName]!,
    '--predictions',
    paths[predictionsName]!,
    '--resamples',
    '0',
    ...options,
  );
  if (error !== undefined) expect(stdout).toBe('');
  return error?.replaceAll(folder, '');
}

describe('score captions', () => {
  it('says nothing about good files', async () => {
    expect(await errorOf({})).toBeUndefined();
  });

  it.each<[string, Parameters<typeof errorOf>[0], string, string]>([
    [
      'a missing prediction',
      { p: ['p.json', predictions.slice(1)] },
      '1 image of the references has no prediction: 1',
      'p.json',
    ],
    [
      'a prediction for an unknown image',
      { p: ['p.json', [...predictions, prediction(3, 'x'), prediction(4, 'y')]] },
      '2 predictions are for images that the references lack: 3, 4',
      'p.json',
    ],
    [
      'a duplicate prediction',
      { p: ['p.json', [...predictions, prediction(2, 'x')]] },
      'image 2 is predicted twice',
      'p.json, [2]',
    ],
    [
      'a duplicate image',
      { r: ['r.json', { ...references, images: [{ id: 1 }, { id: 1 }] }] },
      'image 1 occurs twice',
      'r.json, images[1]',
    ],
    [
      'an image without references',
      { r: ['r.json', { ...references, annotations: [annotation(1, 'a cat')] }] },
      'image 2 has no reference caption',
      'image 2',
    ],
    [
      'a caption for an image that is not listed',
      { r: ['r.json', { ...references, annotations: [annotation(9, 'a cat')] }] },
      'image 9 is not among the images',
      'r.json, annotations[0]',
    ],
    [
      'a caption that is a number',
      { p: ['p.json', [predictions[0], prediction(2, 5)]] },
      'caption is the number 5, not text',
      'p.json, [1], caption',
    ],
    [
      'a caption that is null',
      { r: ['r.json', { annotations: [annotation(1, null)] }] },
      'caption is null, not text',
      'r.json, annotations[0], caption',
    ],
    [
      'an image id that is not a whole number',
      { p: ['p.json', [prediction(1.5, 'x')]] },
      'image_id is the number 1.5',
      'p.json, [0], image_id',
    ],
    ['a record without an image', { p: ['p.json', [{ caption: 'x' }]] }, 'the record has no image_id', 'p.json, [0]'],
    ['an empty list', { p: ['p.json', []] }, 'the file holds no prediction', 'p.json'],
    ['an empty file', { p: ['p.jsonl', ''] }, 'the file holds no record', 'p.jsonl'],
    ['a file of another kind', { p: ['p.txt', ''] }, 'p.txt has no known file type', 'p.txt'],
    ['a CSV without rows', { p: ['p.csv', 'image_id,caption\n'] }, 'the file holds no record', 'p.csv'],
  ])('%s', async (_, files, what, where) => {
    const error = (await errorOf(files))!;
    const [first, second, third, fourth] = error.split('\n');
    expect([first, second]).toEqual([`error: ${what}`, `  where:    ${where}`]);
    expect(third).toMatch(/^ {2}expected: \S/);
    expect(fourth).toMatch(/^ {2}fix: {6}\S/);
  });

  it('names line and column of broken JSON, JSONL and CSV', async () => {
    // The words after "not JSON" are V8's own and differ between versions.
    expect(await errorOf({ r: ['r.json', '{"images": [],\n "annotations": [}'] })).toMatch(
      /^error: the file is not JSON: .*\n {2}where: {4}r\.json:2:18\n/,
    );
    expect(await errorOf({ p: ['p.jsonl', '{"image_id": 1, "caption": "x"}\nNaN\n'] })).toMatch(
      /^error: the line is not JSON: .*\n {2}where: {4}p\.jsonl:2\n/,
    );
    expect(await errorOf({ p: ['p.csv', 'image_id,caption\n1,"x\n'] })).toMatch(
      /^error: the file is not CSV: .*\n {2}where: {4}p\.csv:\d+\n/,
    );
    expect(await errorOf({ p: ['p.jsonl', '{"image_id": 1, "caption": NaN}'] })).toMatch(/where: {4}p\.jsonl:1\n/);
  });

  it('lists the splits that exist', async () => {
    const image = (cocoid: number, split: string) => ({ cocoid, split, sentences: [{ raw: 'a cat' }] });
    const r: [string, unknown] = ['r.json', { images: [image(1, 'val'), image(2, 'test'), image(3, 'train')] }];
    expect(await errorOf({ r }, '--split', 'tset')).toBe(
      'error: there is no split "tset"\n  where:    r.json\n  expected: one of test, train, val\n  fix:      name one of these',
    );
    expect(await errorOf({}, '--split', 'test')).toBe(
      'error: there is no split "test"\n  where:    r.json\n  expected: no split: the file does not name any\n  fix:      leave --split out',
    );
  });

  it('names a missing file, an unknown metric and broken document frequencies', async () => {
    const missing = await runScore('captions', '--references', '/nowhere/r.json', '--predictions', '/nowhere/p.json');
    expect(missing.error).toBe(
      'error: there is no file /nowhere/r.json\n  where:    /nowhere/r.json\n  fix:      check the path and that the file may be read',
    );
    expect(await errorOf({}, '--metrics', 'CIDEr-D,SPICE')).toBe(
      'error: there is no caption metric "SPICE"\n  where:    --metrics\n' +
        '  expected: CIDEr-D, CIDEr, CIDEr-stemmed, BLEU-1, BLEU-2, BLEU-3, BLEU-4, ROUGE-L, BLEU or METEOR\n' +
        '  fix:      name one of these',
    );
    const header = '{"format":"vlm-bench document frequencies 1","images":2,"tokeniser":"ptb-2","ngrams":3}\n';
    const paths = writeFiles({ 'cut.df': `${header}1\ta\n`, 'other.df': 'a,1\n', 'bad.df': `${header}x\ta\n` });
    const frozen = async (name: string) => (await errorOf({}, '--df', paths[name]!))!.split('\n')[0];
    expect(await frozen('cut.df')).toBe('error: the file holds 1 of 3 n-grams: it was cut short');
    expect(await frozen('other.df')).toBe('error: the file does not start with the header of document frequencies');
    expect(await frozen('bad.df')).toBe('error: the line is not a count and an n-gram');
  });

  it.each(['json', 'jsonl', 'csv'])('refuses a .%s file of 2 GB before it reads it', async (type) => {
    const paths = writeFiles({ 'r.json': references, [`p.${type}`]: '' });
    const huge = paths[`p.${type}`]!;
    truncateSync(huge, 2 * 1024 ** 3);
    const { error } = await runScore('captions', '--references', paths['r.json']!, '--predictions', huge);
    rmSync(huge);
    expect(error).toMatch(/^error: the file holds 2148 MB, more than fits into memory\n/);
  });

  it('refuses a line that has no end', async () => {
    expect(await errorOf({ p: ['p.jsonl', ' '.repeat(17_000_000)] })).toContain('error: the line is longer than 16 MB');
  });

  it('takes a caption of a megabyte, lone surrogates and empty captions', async () => {
    const odd = [prediction(1, 'a cat '.repeat(170_000)), prediction(2, '\ud800')];
    expect(await errorOf({ p: ['p.json', odd] })).toBeUndefined();
  });

  it('writes nothing where the CSV of images cannot be written', async () => {
    expect(await errorOf({}, '--per-image', '/nowhere/each.csv')).toMatch(
      /^error: cannot write \/nowhere\/each\.csv: ENOENT/,
    );
  });
});
