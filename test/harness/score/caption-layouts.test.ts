/** Reference captions and predictions in every layout that people have come to the same published score. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CANDIDATES, CIDER_D, jsonLines, printed, REFERENCES } from './golden-captions.js';
import { runScore, writeFiles } from './score-command.js';

const ids = [391895, 60623];
const fileNames = ids.map((id) => `COCO_val2014_${String(id).padStart(12, '0')}.jpg`);
const each = <T>(make: (captions: readonly string[], index: number) => T): readonly T[] => REFERENCES.map(make);
const predicted = (names: readonly unknown[], field = 'image_id') =>
  names.map((name, index) => ({ [field]: name, caption: CANDIDATES[index] }));

const coco = {
  images: ids.map((id, index) => ({ id, file_name: fileNames[index] })),
  annotations: each((captions, index) => captions.map((caption) => ({ image_id: ids[index], caption }))).flat(),
};
const byId = predicted(ids);

async function score(
  [referencesName, references]: readonly [string, unknown],
  [predictionsName, predictions]: readonly [string, unknown],
) {
  const paths = writeFiles({ [referencesName]: references, [predictionsName]: predictions });
  const args = ['--references', paths[referencesName]!, '--predictions', paths[predictionsName]!];
  return runScore('captions', ...args, '--resamples', '0', '--json');
}

function expectGolden({ stdout, error }: { stdout: string; error?: string }): void {
  expect(error).toBeUndefined();
  expect(JSON.parse(stdout).metrics['CIDEr-D'].score).toBeCloseTo(CIDER_D, 5);
}

describe('references', () => {
  const flickr = each((captions, index) =>
    captions.map((caption, number) => ({ name: `${ids[index]}.jpg`, number, caption })),
  ).flat();
  const records: Readonly<Record<string, readonly [string, unknown, string]>> = {
    'lists under caption with a folder before the image (BLIP)': [
      'r.json',
      each((caption, index) => ({ image: `val2014/${fileNames[index]}`, caption })),
      'records of captions',
    ],
    'lists under captions (MAGIC)': [
      'r.json',
      each((captions, index) => ({ split: 'test', image_name: `${ids[index]}.jpg`, captions, prediction: 'not read' })),
      'records of captions',
    ],
    'sentences as texts (Hugging Face)': [
      'r.jsonl',
      jsonLines(
        each((sentences, index) => ({
          filename: fileNames[index],
          sentids: [1],
          imgid: index,
          sentences,
          cocoid: ids[index],
        })),
      ),
      'records of a Karpathy split',
    ],
    'sentences as objects': [
      'r.json',
      each((captions, index) => ({ file_name: fileNames[index], sentences: captions.map((raw) => ({ raw })) })),
      'records of captions',
    ],
    'captions by image': [
      'r.json',
      Object.fromEntries(each((captions, index) => [ids[index], captions])),
      'captions by image',
    ],
    'captions by image, as the scorers of pycocoevalcap take them': [
      'r.json',
      Object.fromEntries(each((captions, index) => [ids[index], captions.map((caption) => ({ caption }))])),
      'captions by image',
    ],
    'Flickr tokens': [
      'results.token',
      flickr.map(({ name, number, caption }) => `${name}#${number}\t${caption}\n`).join(''),
      'Flickr token captions',
    ],
    'results.csv of Kaggle': [
      'results.csv',
      `image_name| comment_number| comment\n${flickr.map(({ name, number, caption }) => `${name}| ${number}| ${caption}\n`).join('')}`,
      'Flickr30k results.csv',
    ],
    'captions.txt of Kaggle': [
      'captions.txt',
      `image,caption\n${flickr.map(({ name, caption }) => `${name},${caption}\n`).join('')}`,
      'records of captions',
    ],
    'a printed list in a table': [
      'r.tsv',
      `image\tcaptions\n${each((captions, index) => `${ids[index]}\t${printed(captions)}\n`).join('')}`,
      'records of captions',
    ],
  };

  it.each(Object.entries(records))('%s', async (_, [name, content, layout]) => {
    const result = await score([name, content], ['p.json', byId]);
    expectGolden(result);
    expect(result.stderr).toContain(`${name} is read as ${layout}`);
  });

  it('are recognised by content, not by name', async () => {
    expectGolden(await score(['r.json', jsonLines(coco.annotations)], ['p.json', byId]));
  });

  it('may be compressed', async () => {
    const paths = writeFiles({ 'r.json.gz': '', 'p.json': byId });
    writeFileSync(paths['r.json.gz']!, gzipSync(JSON.stringify(coco)));
    expectGolden(
      await runScore(
        'captions',
        '--references',
        paths['r.json.gz']!,
        '--predictions',
        paths['p.json']!,
        '--resamples',
        '0',
        '--json',
      ),
    );
  });
});

describe('predictions', () => {
  const layouts: Readonly<Record<string, readonly [string, unknown]>> = {
    'lists of one caption': ['p.json', byId.map(({ image_id, caption }) => ({ image_id, caption: [caption] }))],
    'captions by image': ['p.json', Object.fromEntries(ids.map((id, index) => [id, CANDIDATES[index]]))],
    'lists of one caption by image': ['p.json', Object.fromEntries(ids.map((id, index) => [id, [CANDIDATES[index]]]))],
    'a list under results': ['p.json', { info: {}, results: byId }],
    'a list under annotations': ['p.json', { annotations: byId }],
    'JSON Lines named .json': ['p.json', jsonLines(byId)],
    'an indented list named .jsonl': ['p.jsonl', JSON.stringify(byId, null, 1)],
    CSV: ['p.csv', `image_id,caption\n${byId.map(({ image_id, caption }) => `${image_id},${caption}\n`).join('')}`],
    'records that also hold references': [
      'p.json',
      ids.map((image_id, index) => ({ image_id, caption: REFERENCES[index], prediction: CANDIDATES[index] })),
    ],
  };

  it.each(Object.entries(layouts))('%s', async (_, predictions) => {
    expectGolden(await score(['r.json', coco], predictions));
  });

  const names: Readonly<Record<string, readonly unknown[]>> = {
    numbers: ids,
    'numbers as texts': ids.map(String),
    'numbers with leading zeros': ids.map((id) => String(id).padStart(12, '0')),
    'file names': fileNames,
    'file names without their ending': fileNames.map((name) => name.replace('.jpg', '')),
    'file names in folders': fileNames.map((name) => `data/val2014/${name}`),
    'file names of another ending': ids.map((id) => `${id}.png`),
    'file names in folders of Windows': fileNames.map((name) => `C:\\val2014\\${name}`),
  };

  it.each(Object.entries(names))('name images by %s', async (_, given) => {
    for (const field of ['image_id', 'image', 'image_name', 'file_name', 'filename', 'img_id']) {
      expectGolden(await score(['r.json', coco], ['p.json', predicted(given, field)]));
    }
  });
});

describe('references and predictions in one file', () => {
  const samples = each((target, index) => ({
    doc_id: index,
    target,
    filtered_resps: [CANDIDATES[index]],
    resps: [[CANDIDATES[index]]],
    doc: { question_id: fileNames[index], id: ids[index] },
  }));
  const both = async (name: string, content: unknown) => score([name, content], [name, content]);

  it('samples of lmms-eval', async () => {
    expectGolden(await both('samples.jsonl', jsonLines(samples)));
    const printedTargets = samples.map(({ target, ...rest }) => ({ ...rest, target: printed(target) }));
    expectGolden(await both('samples.jsonl', jsonLines(printedTargets)));
    expectGolden(await score(['r.json', coco], ['samples.jsonl', jsonLines(samples)]));
  });

  it('tables of VLMEvalKit, as text and as a workbook', async () => {
    const rows = each((captions, index) => [index, 'caption', `"${printed(captions)}"`, CANDIDATES[index]]);
    const table = (separator: string) =>
      `${[['index', 'question', 'answer', 'prediction'], ...rows].map((row) => row.join(separator)).join('\n')}\n`;
    expectGolden(await both('model_COCO_VAL.csv', table(',')));
    expectGolden(await both('model_COCO_VAL.tsv', table('\t')));
    expectGolden(
      await both(
        'model_COCO_VAL.json',
        each((answer, index) => ({ index, question: 'caption', answer, prediction: CANDIDATES[index] })),
      ),
    );
    const workbook = fileURLToPath(new URL('../../fixtures/captions/vlmevalkit.xlsx', import.meta.url));
    expectGolden(
      await runScore('captions', '--references', workbook, '--predictions', workbook, '--resamples', '0', '--json'),
    );
  });

  it('says how to save a workbook that cannot be read', async () => {
    const workbook = readFileSync(fileURLToPath(new URL('../../fixtures/captions/vlmevalkit.xlsx', import.meta.url)));
    const paths = writeFiles({ 'cut.xlsx': '', 'archive.xlsx': '' });
    writeFileSync(paths['cut.xlsx']!, workbook.subarray(0, 2000));
    writeFileSync(paths['archive.xlsx']!, Buffer.from('PK\x03\x04 and nothing more'));
    for (const path of Object.values(paths)) {
      const { error } = await runScore('captions', '--references', path, '--predictions', path);
      expect(error).toMatch(/^error: the workbook cannot be read/);
      expect(error).toContain('save the sheet as CSV');
    }
  });
});

describe('a file of no known layout', () => {
  it.each<[string, unknown, string]>([
    ['a list of captions in a prediction', [{ image_id: 1, caption: ['a', 'b'] }], 'caption holds 2 captions'],
    [
      'an object of numbers',
      { loss: 3, epoch: 2 },
      'the layout of the predictions is not known: the file holds an object with "loss", "epoch"',
    ],
    ['a number', 5, 'the file holds a single number'],
    ['a record without a name', [{ caption: 'x', score: 1 }], 'the record has no image_id'],
    ['two responses', [{ doc_id: 0, filtered_resps: ['a', 'b'] }], 'filtered_resps holds 2 responses'],
  ])('%s', async (_, predictions, what) => {
    const { error } = await score(['r.json', coco], ['p.json', predictions]);
    expect(error!.split('\n')[0]).toBe(`error: ${what}`);
  });

  it('quotes the fields that a record has', async () => {
    const { error } = await score(['r.json', coco], ['p.json', [{ caption: 'x', score: 1 }]]);
    expect(error).toMatch(/expected: .*; it has "caption", "score"\n/);
  });
});
