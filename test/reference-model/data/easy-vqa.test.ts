import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataError } from '../../../reference-model/data/data-error.js';
import type { RasterImage } from '../../../reference-model/data/dataset.js';
import { loadEasyVqa } from '../../../reference-model/data/easy-vqa/load-easy-vqa.js';
import { fingerprintOf } from '../../../reference-model/data/fingerprint.js';
import { encodePng } from '../../../reference-model/data/png.js';

const FIXTURE = 'test/fixtures/easy-vqa';

describe('the fixture', () => {
  test('comes complete, in the order of its images', async () => {
    const { train, validation, test: heldOut } = await loadEasyVqa(FIXTURE);
    const ids = (samples: typeof train) => samples.map(({ imageId }) => imageId);
    expect([...ids(train), ...ids(validation)].sort()).toEqual([0, 1, 2, 3, 4, 5].map((index) => `train-${index}`));
    expect(ids(train)).toEqual([...ids(train)].sort());
    expect(validation).toHaveLength(1);
    expect(ids(heldOut)).toEqual(['test-0', 'test-1', 'test-2']);
  });

  test('has the questions of its file, answers of two kinds and no captions', async () => {
    const { test: heldOut } = await loadEasyVqa(FIXTURE);
    const records = JSON.parse(readFileSync(path.join(FIXTURE, 'test/questions.json'), 'utf8')) as [
      string,
      string,
      number,
    ][];
    const loaded = heldOut.flatMap(({ imageId, questions }) =>
      questions.map(({ question, answer }) => [question, answer, Number(imageId.slice('test-'.length))]),
    );
    expect(loaded).toEqual(records);
    for (const { questions, humanCaptions, aiCaptions } of heldOut) {
      expect([humanCaptions, aiCaptions]).toEqual([[], []]);
      expect(questions.map(({ kind }) => kind)).toEqual(['open', 'open', 'yes/no', 'yes/no', 'yes/no']);
    }
  });

  test('knows whether a question is about the colour or the shape', async () => {
    const { train, validation, test: heldOut } = await loadEasyVqa(FIXTURE);
    const shapes = ['circle', 'rectangle', 'triangle'];
    const colors = ['black', 'blue', 'brown', 'gray', 'green', 'red', 'teal', 'yellow'];
    for (const { question, answer, kind, questionType } of [...train, ...validation, ...heldOut].flatMap(
      ({ questions }) => questions,
    )) {
      // What an open question is about is its answer; what a yes/no question is about is its last name of a colour or shape.
      const name =
        kind === 'open' ? answer : question.split(/\W+/).findLast((word) => [...shapes, ...colors].includes(word))!;
      expect([question, questionType]).toEqual([question, shapes.includes(name) ? 'shape' : 'color']);
    }
  });

  test('has images that are block means of the pixels in the files', async () => {
    const { test: heldOut } = await loadEasyVqa(FIXTURE);
    const { image } = heldOut[1]!;
    const original = await sharp(path.join(FIXTURE, 'test/images/1.png')).raw().toBuffer();
    expect([image.width, image.height, image.pixels.length]).toEqual([32, 32, 32 * 32 * 3]);
    for (let i = 0; i < image.pixels.length; i++) {
      const [y, x, channel] = [Math.floor(i / 96), Math.floor(i / 3) % 32, i % 3];
      const at = (dy: number, dx: number) => original[((2 * y + dy) * 64 + 2 * x + dx) * 3 + channel]!;
      expect(Math.abs(image.pixels[i]! - (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4)).toBeLessThanOrEqual(0.5);
    }
  });

  test('loads to the same bits every time', async () => {
    expect(fingerprintOf(await loadEasyVqa(FIXTURE))).toBe(fingerprintOf(await loadEasyVqa(FIXTURE)));
  });
});

describe('a defect', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'easy-vqa-'));
    cpSync(FIXTURE, root, { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const at = (...parts: readonly string[]) => path.join(root, ...parts);
  const defectOf = async (): Promise<DataError> => {
    const error: unknown = await loadEasyVqa(root).catch((caught: unknown) => caught);
    if (error instanceof DataError) return error;
    throw new Error(`expected a DataError, got ${error}`);
  };
  const changeRecords = (change: (records: unknown[]) => unknown): void => {
    const records = JSON.parse(readFileSync(at('train/questions.json'), 'utf8')) as unknown[];
    writeFileSync(at('train/questions.json'), JSON.stringify(change(records)));
  };

  test('of the folder: it is not there', async () => {
    rmSync(at('test'), { recursive: true });
    const { message, defect } = await defectOf();
    expect(defect.code).toBe('missing-folder');
    expect(message).toBe(`${at('test')}: no such folder; expected the easy-VQA layout: train/, test/ and answers.txt.`);
  });

  test('of answers.txt: it is not there', async () => {
    rmSync(at('answers.txt'));
    expect((await defectOf()).message).toBe(
      `${at('answers.txt')}: cannot be read; expected one possible answer per line.`,
    );
  });

  test('of questions.json: it is not there', async () => {
    rmSync(at('train/questions.json'));
    expect((await defectOf()).message).toBe(
      `${at('train/questions.json')}: cannot be read; expected a JSON array of [question, answer, image index].`,
    );
  });

  test('of questions.json: it is cut off', async () => {
    const text = readFileSync(at('train/questions.json'), 'utf8');
    writeFileSync(at('train/questions.json'), text.slice(0, text.length / 2));
    const { message, defect } = await defectOf();
    expect(defect.code).toBe('malformed-file');
    expect(message).toContain(`${at('train/questions.json')}: not JSON: `);
  });

  test.each([
    ['no array', { questions: [] }],
    ['empty', []],
  ])('of questions.json: it is %s', async (_, content) => {
    changeRecords(() => content);
    expect((await defectOf()).message).toBe(
      `${at('train/questions.json')}: expected a JSON array with at least one question.`,
    );
  });

  test.each([
    ['a missing index', ['is there a circle?', 'yes']],
    ['an index that is a path', ['is there a circle?', 'yes', '../../secret']],
    ['a negative index', ['is there a circle?', 'yes', -1]],
    ['a broken index', ['is there a circle?', 'yes', 0.5]],
    ['an empty question', ['', 'yes', 0]],
    ['an answer that is no text', ['is there a circle?', true, 0]],
    ['no record at all', null],
  ])('of a question: %s', async (_, record) => {
    changeRecords((records) => [...records.slice(0, 2), record, ...records.slice(2)]);
    expect((await defectOf()).message).toBe(
      `${at('train/questions.json')}: record 2: expected ["question", "answer", image index from 0], found ${JSON.stringify(record)}.`,
    );
  });

  test('of a question: its answer is not in answers.txt', async () => {
    changeRecords((records) => [...records, ['what is it?', 'a hexagon', 0]]);
    expect((await defectOf()).message).toBe(
      `${at('train/questions.json')}: record 30: the answer "a hexagon" is not in answers.txt.`,
    );
  });

  test('of a question: it is there twice', async () => {
    changeRecords((records) => [...records, records[3]]);
    expect((await defectOf()).message).toBe(
      `${at('train/questions.json')}: record 30: "does the image contain a triangle?" about image 0 is already in record 3.`,
    );
  });

  test('of an image: it is not there', async () => {
    rmSync(at('train/images/2.png'));
    expect((await defectOf()).message).toBe(
      `${at('train/questions.json')}: record 10: there is no image ${at('train/images/2.png')}.`,
    );
  });

  test('of an image: a question names one that never was', async () => {
    changeRecords((records) => [...records, ['is there a circle?', 'yes', 99]]);
    expect((await defectOf()).message).toBe(
      `${at('train/questions.json')}: record 30: there is no image ${at('train/images/99.png')}.`,
    );
  });

  test('of an image: it is truncated', async () => {
    const bytes = readFileSync(at('test/images/0.png'));
    writeFileSync(at('test/images/0.png'), bytes.subarray(0, bytes.length - 40));
    const { message, defect } = await defectOf();
    expect(defect.code).toBe('unreadable-image');
    expect(message).toContain(`${at('test/images/0.png')}: not a readable PNG image: `);
  });

  test('of an image: one of its bytes has changed', async () => {
    const bytes = readFileSync(at('test/images/0.png'));
    bytes[bytes.length - 40]! ^= 0x55;
    writeFileSync(at('test/images/0.png'), bytes);
    expect((await defectOf()).defect).toMatchObject({ code: 'unreadable-image', file: at('test/images/0.png') });
  });

  test('of an image: it is no PNG', async () => {
    writeFileSync(at('test/images/0.png'), 'P3 1 1 255 0 0 0');
    expect((await defectOf()).message).toBe(
      `${at('test/images/0.png')}: not a readable PNG image: it has no PNG signature.`,
    );
  });

  test('of an image: it has a size that cannot be shrunk to the wanted one', async () => {
    const image: RasterImage = { width: 48, height: 48, pixels: new Uint8Array(48 * 48 * 3) };
    writeFileSync(at('test/images/0.png'), await encodePng(image));
    expect((await defectOf()).message).toBe(
      `${at('test/images/0.png')}: not a readable PNG image: expected a square whose side is a multiple of 32 pixels, found 48×48.`,
    );
  });

  test('of the training images: there is only one', async () => {
    changeRecords((records) => records.slice(0, 2));
    expect((await defectOf()).message).toBe(
      `${at('train/questions.json')}: expected questions about at least two images, one of them for validation.`,
    );
  });
});
