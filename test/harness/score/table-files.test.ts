/** What a file of records is taken for, and what is refused in it, whatever its name. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, test } from 'vitest';
import { type Reading, readTable } from '../../../reference-model/data/containers/table.js';
import { InputError } from '../../../reference-model/files/input-error.js';
import { runScore, writeFiles } from './score-command.js';

/** Records and the notes on them, or the first problem. */
async function read(name: string, content: string | Uint8Array, reading: Reading = {}) {
  const file = writeFiles({ [name]: '' })[name]!;
  writeFileSync(file, content);
  const notes: string[] = [];
  const cut = (text: string) => text.replaceAll(file, name);
  try {
    const table = await readTable(file, { ...reading, note: (text) => notes.push(cut(text)) });
    if (table.format === 'json') return { format: table.format, document: table.document, notes };
    const rows: unknown[] = [];
    const places: string[] = [];
    for await (const { value, where } of table.rows) {
      rows.push({ ...(value as object) });
      places.push(cut(String(where)));
    }
    return { format: table.format, rows, places, notes };
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    const { what, where, fix } = (error as InputError).problem;
    return { what: cut(what), where: cut(where), fix };
  }
}

const records = [
  { image_id: '1', caption: 'a cat, red' },
  { image_id: '2', caption: 'a dog' },
];
const lines = records.map((record) => JSON.stringify(record)).join('\n');
const table = (delimiter: string) => `image_id${delimiter}caption\n1${delimiter}"a cat, red"\n2${delimiter}a dog\n`;

describe('the content decides', () => {
  test.each<[string, string, string]>([
    ['p.json', lines, 'jsonl'],
    ['p.txt', lines, 'jsonl'],
    ['p.csv', lines, 'jsonl'],
    ['p.jsonl', lines, 'jsonl'],
    ['p.json', `${lines.replaceAll('\n', '\r\n\r\n')}\r\n`, 'jsonl'],
    ['p.csv', table(','), 'csv'],
    ['p.txt', table(','), 'csv'],
    ['p.json', table(','), 'csv'],
    ['p.csv', table('\t'), 'tsv'],
    ['p.tsv', table('\t'), 'tsv'],
    ['p.csv', table('|'), 'bar'],
    ['p.csv', table('; ').replaceAll('; ', ';'), 'semicolon'],
  ])('%s', async (name, content, format) => {
    expect(await read(name, content)).toMatchObject({ format, rows: records });
  });

  test.each(['p.json', 'p.jsonl', 'p.txt'])('a JSON list called %s is a JSON list', async (name) => {
    for (const text of [JSON.stringify(records), JSON.stringify(records, null, 2), `[${lines.replace('\n', ',\n')}]`]) {
      expect(await read(name, text)).toMatchObject({ format: 'json', document: records });
    }
  });

  it('says so where the name says something else, and is silent where it does not', async () => {
    expect(await read('p.json', lines)).toMatchObject({ notes: ['p.json is read as JSON Lines'] });
    expect(await read('p.jsonl', lines)).toMatchObject({ notes: [] });
    expect(await read('p.csv.gz', gzipSync(table(',')))).toMatchObject({
      rows: records,
      notes: ['p.csv.gz is read as CSV, unpacked with gzip'],
    });
    const utf16 = Buffer.from(`\ufeff${lines}`, 'utf16le');
    expect(await read('p.jsonl', utf16)).toMatchObject({
      rows: records,
      notes: ['p.jsonl is read as JSON Lines in utf-16le'],
    });
  });

  it('reads the lines of Flickr as records', async () => {
    const content = '1.jpg#0\tA cat , red .\r\n1.jpg#1\ta "cat"\n';
    expect(await read('results.token', content)).toMatchObject({
      format: 'token',
      rows: [
        { image: '1.jpg', number: '0', caption: 'A cat , red .' },
        { image: '1.jpg', number: '1', caption: 'a "cat"' },
      ],
    });
    expect(await read('results.token', `${content}2.jpg a dog\n`)).toMatchObject({ where: 'results.token:3' });
  });

  it('is overruled by what is asked for', async () => {
    expect(await read('p.csv', table(','), { format: 'jsonl' })).toMatchObject({ where: 'p.csv:1' });
    expect(await read('p.csv', 'a;b\n1,2;3\n', { format: 'semicolon' })).toMatchObject({
      rows: [{ a: '1,2', b: '3' }],
    });
  });
});

describe('CSV', () => {
  // What csv.reader of Python 3.12 gives for the same lines.
  test.each([
    ['a.jpg,A man in a "cool" hat .', ['a.jpg', 'A man in a "cool" hat .']],
    ['a.jpg,so-called"', ['a.jpg', 'so-called"']],
    ['a.jpg,5" of snow', ['a.jpg', '5" of snow']],
    ['a.jpg,"A ""cool"" hat, red"', ['a.jpg', 'A "cool" hat, red']],
    ['a.jpg,"two\nlines"', ['a.jpg', 'two\nlines']],
    ['a.jpg,""', ['a.jpg', '']],
    ['a.jpg, "x"', ['a.jpg', ' "x"']],
  ])('reads %j as Python does', async (line, [image, caption]) => {
    for (const end of ['\n', '\r\n', '']) {
      expect(await read('p.csv', `image,caption\n${line}${end}`)).toMatchObject({ rows: [{ image, caption }] });
    }
  });

  test.each([
    ['a,b\n1,"x" y\n', 'p.csv:2'],
    ['a,b\n1,x\n2,"x"y"\n', 'p.csv:3'],
    ['a,b\n1,"x\n', /^p\.csv:\d/],
    ['a,b\n1,2,3\n', 'p.csv:2'],
    ['a,b\n1\n', 'p.csv:2'],
  ])('refuses %j with its line', async (content, where) => {
    expect(await read('p.csv', content)).toMatchObject({
      where: typeof where === 'string' ? where : expect.stringMatching(where),
    });
  });

  it('refuses a column that occurs twice, and leaves columns without a name out', async () => {
    expect(await read('p.csv', 'image_id,caption,caption\n1,a,b\n')).toMatchObject({
      what: 'the column "caption" occurs twice',
      where: 'p.csv:1, column 3',
    });
    expect(await read('p.csv', 'image_id, image_id\n1,a\n')).toMatchObject({ where: 'p.csv:1, column 2' });
    expect(await read('p.csv', '__proto__,b\n1,a\n')).toMatchObject({ what: expect.stringContaining('reserved') });
    expect(await read('p.csv', ',a,\n0,1,\n')).toMatchObject({ rows: [{ a: '1' }] });
  });
});

describe('is refused', () => {
  test('a key that occurs twice, with line and column', async () => {
    expect(await read('p.jsonl', `${lines}\n{"image_id": 3, "caption": "a", "caption": "b"}`)).toMatchObject({
      what: 'the key "caption" occurs twice in one object',
      where: 'p.jsonl:3:33',
    });
  });

  test('a damaged gzip file, one that is too large when unpacked, and archives of other kinds', async () => {
    const packed = gzipSync(lines.repeat(100));
    expect(await read('p.jsonl.gz', packed.subarray(0, packed.length - 20))).toMatchObject({
      what: expect.stringContaining('the gzip file is damaged'),
    });
    expect(await read('p.json', Buffer.from('PK\x03\x04rest'))).toMatchObject({
      what: 'the file is a ZIP archive or an Excel workbook',
    });
  });
});

it('keeps all digits of ids', async () => {
  const id = '9007199254740993';
  const neighbour = '9007199254740992';
  const files = writeFiles({
    'r.json': `{"annotations": [{"image_id": ${id}, "caption": "a cat"}, {"image_id": ${neighbour}, "caption": "a dog"}]}`,
    'p.jsonl': `{"image_id": ${id}, "caption": "a cat"}\n{"image_id": "${neighbour}", "caption": "a dog"}`,
  });
  const { error, stdout } = await runScore(
    ...['captions', '--references', files['r.json']!, '--predictions', files['p.jsonl']!],
    ...['--resamples', '0', '--json', '--metrics', 'BLEU-1'],
  );
  expect(error).toBeUndefined();
  expect(JSON.parse(stdout)).toMatchObject({ images: 2, metrics: { 'BLEU-1': { score: expect.closeTo(1, 9) } } });
});

it('scores references in an old encoding beside predictions in UTF-8 by the name of the encoding, and refuses them without', async () => {
  const files = writeFiles({ 'r.csv': '', 'p.csv': 'image_id,caption\n1,un café\n2,une clé\n' });
  writeFileSync(files['r.csv']!, Buffer.from('image_id,caption\n1,un café\n2,une clé\n', 'latin1'));
  const score = (...more: readonly string[]) =>
    runScore(
      ...['captions', '--references', files['r.csv']!, '--predictions', files['p.csv']!],
      ...['--resamples', '0', '--json', '--metrics', 'BLEU-1', ...more],
    );
  expect((await score()).error).toContain(`r.csv:2:9`);
  const { stdout, stderr } = await score('--encoding', 'windows-1252');
  expect(JSON.parse(stdout).metrics['BLEU-1'].score).toBeCloseTo(1, 9);
  expect(stderr).toContain('r.csv is read as CSV in windows-1252');
  expect(stderr).not.toContain('p.csv');
});
