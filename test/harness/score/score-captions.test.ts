/** `vlm-bench score captions` and `score df` on every layout of files, and what they print. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runScore, writeFiles } from './score-command.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/captions/${name}`, import.meta.url));
const files = ['--references', fixture('references.json'), '--predictions', fixture('results.json')];

/** The golden of the README of aac-metrics in every layout. */
const REFERENCES = {
  41: ['a man speaks.', 'someone speaks.', 'a man is speaking while a bird is chirping in the background'],
  42: ['rain is falling hard on a surface'],
};
const results = [
  { image_id: 41, caption: 'a man is speaking' },
  { image_id: 42, caption: 'rain falls' },
];
const cocoAnnotations = Object.entries(REFERENCES).flatMap(([image, captions]) =>
  captions.map((caption, index) => ({ id: index, image_id: Number(image), caption })),
);
const quoted = (texts: readonly string[]) => `"${JSON.stringify(texts).replaceAll('"', '""')}"`;
const karpathy = {
  dataset: 'coco',
  images: [
    ...Object.entries(REFERENCES).map(([image, captions], index) => ({
      cocoid: Number(image),
      imgid: index,
      filename: `COCO_${image}.jpg`,
      split: 'test',
      sentences: captions.map((raw) => ({ raw, tokens: [] })),
    })),
    { cocoid: 7, imgid: 9, filename: 'x.jpg', split: 'train', sentences: [{ raw: 'not scored' }] },
  ],
};

const layouts: Record<string, { references: [string, unknown]; predictions?: [string, unknown]; split?: string }> = {
  'COCO captions': { references: ['r.json', { images: [{ id: 41 }, { id: 42 }], annotations: cocoAnnotations }] },
  'COCO captions without images': { references: ['r.json', { annotations: cocoAnnotations }] },
  'a Karpathy split': { references: ['dataset_coco.json', karpathy], split: 'test' },
  'a Karpathy split by file name': {
    references: ['dataset_flickr30k.json', karpathy],
    predictions: ['p.json', results.map(({ image_id, caption }) => ({ image_id: `COCO_${image_id}.jpg`, caption }))],
    split: 'test',
  },
  'the Flickr30k CSV': {
    references: [
      'flickr_annotations_30k.csv',
      `raw,sentids,split,filename,img_id\n${Object.entries(REFERENCES)
        .map(([image, captions], index) => `${quoted(captions)},"[0]",test,${image}.jpg,${index}\n`)
        .join('')}"[""left out""]","[1]",train,9.jpg,9\n`,
    ],
    predictions: [
      'p.jsonl',
      results.map((result) => JSON.stringify({ ...result, image_id: `${result.image_id}` })).join('\n'),
    ],
    split: 'test',
  },
  'JSONL with a byte order mark and CRLF': {
    references: [
      'r.jsonl',
      `\ufeff${Object.entries(REFERENCES)
        .map(([imageId, references]) => JSON.stringify({ imageId, references }))
        .join('\r\n')}\r\n`,
    ],
    predictions: ['p.json', `\ufeff${JSON.stringify(results)}`],
  },
  'CSV with quotes and line breaks': {
    references: [
      'r.csv',
      `image_id,caption\n${cocoAnnotations.map((a) => `${a.image_id},"${a.caption}\n"`).join('\n')}\n`,
    ],
    predictions: ['p.csv', 'image_id,caption\n41,"a man\nis speaking"\n42,rain falls\n'],
  },
};

describe('score captions', () => {
  it.each(Object.entries(layouts))('reads %s', async (_, { references, predictions, split }) => {
    const paths = writeFiles({
      [references[0]]: references[1],
      ...(predictions ? { [predictions[0]]: predictions[1] } : { 'p.json': results }),
    });
    const { stdout, error } = await runScore(
      'captions',
      '--references',
      paths[references[0]]!,
      '--predictions',
      paths[predictions?.[0] ?? 'p.json']!,
      '--resamples',
      '0',
      '--json',
      ...(split === undefined ? [] : ['--split', split]),
    );
    expect(error).toBeUndefined();
    expect(JSON.parse(stdout).metrics['CIDEr-D'].score).toBeCloseTo(0.96135, 5);
  });

  it('prints the JSON of the contract', async () => {
    const { stdout, stderr } = await runScore('captions', ...files, '--json', '--resamples', '200');
    const document = JSON.parse(stdout);
    expect(Object.keys(document)).toEqual(['images', 'metrics', 'notes']);
    expect(document.images).toBe(120);
    expect(Object.keys(document.metrics)).toEqual(['CIDEr-D', 'BLEU-1', 'BLEU-2', 'BLEU-3', 'BLEU-4', 'ROUGE-L']);
    for (const metric of Object.values<{ score: number; ci95: [number, number]; signature: string }>(
      document.metrics,
    )) {
      expect(Object.keys(metric)).toEqual(['score', 'ci95', 'signature']);
      expect(metric.ci95[0]).toBeLessThan(metric.score);
      expect(metric.ci95[1]).toBeGreaterThan(metric.score);
    }
    expect(stderr).toContain('note: 4 of 120 candidates hold no word');
    expect((await runScore('captions', ...files, '--json', '--resamples', '200')).stdout).toBe(stdout);
  });

  it('writes the scores of every image as CSV', async () => {
    const paths = writeFiles({ 'each.csv': 'an older file' });
    await runScore(
      'captions',
      ...files,
      '--resamples',
      '0',
      '--metrics',
      'cider-d,rouge-l',
      '--per-image',
      paths['each.csv']!,
    );
    const lines = readFileSync(paths['each.csv']!, 'utf8').trim().split('\n');
    expect(lines[0]).toBe('image_id,CIDEr-D,ROUGE-L');
    expect(lines).toHaveLength(121);
    expect(lines[1]).toMatch(/^\d+,\d\.\d+,0\.\d+$/);
  });

  it('scores a single image with frozen document frequencies', async () => {
    const paths = writeFiles({
      'r.json': { annotations: cocoAnnotations },
      'one.json': { annotations: cocoAnnotations.filter(({ image_id }) => image_id === 41) },
      'p.json': results.slice(0, 1),
    });
    const frequencies = join(dirname(paths['r.json']!), 'r.df');
    const counted = await runScore('df', '--references', paths['r.json']!, '--out', frequencies);
    expect(counted).toMatchObject({ stdout: '', stderr: `${frequencies}\n` });
    const [header, ...lines] = readFileSync(frequencies, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(header!)).toEqual({
      format: 'vlm-bench document frequencies 1',
      images: 2,
      tokeniser: 'ptb-2',
      ngrams: lines.length,
    });
    // Both images hold "is" and "a"; no longer n-gram is in both.
    expect(lines.filter((line) => line.startsWith('2\t'))).toEqual(['2\ta', '2\tis']);
    const options = [
      '--references',
      paths['one.json']!,
      '--predictions',
      paths['p.json']!,
      '--json',
      '--resamples',
      '0',
    ];
    const { stdout } = await runScore('captions', ...options, '--df', frequencies);
    expect(JSON.parse(stdout).metrics['CIDEr-D'].score).toBeCloseTo(1.36405, 5);
    const alone = JSON.parse((await runScore('captions', ...options)).stdout);
    expect(alone.metrics['CIDEr-D'].score).toBe(0);
    expect(alone.notes).toEqual(['CIDEr of a single image is always 0 without frozen document frequencies']);
  });

  it('computes CIDEr-stemmed and METEOR with natural', async () => {
    const { stdout, error } = await runScore(
      'captions',
      ...files,
      '--metrics',
      'CIDEr,CIDEr-stemmed,METEOR',
      '--resamples',
      '100',
      '--json',
    );
    expect(error).toBeUndefined();
    const { metrics } = JSON.parse(stdout);
    expect(metrics['CIDEr-stemmed'].signature).toContain('stem:porter');
    expect(metrics.METEOR.signature).toContain('not-meteor-1.5');
    expect(metrics.METEOR.score).toBeGreaterThan(0.2);
    expect(metrics.METEOR.ci95[1]).toBeGreaterThan(metrics.METEOR.score);
  });

  it('says which Java is missing, or what METEOR said, when the jar does not run', async () => {
    const paths = writeFiles({ 'meteor.jar': 'no jar' });
    const { error } = await runScore(
      'captions',
      ...files,
      '--metrics',
      'METEOR',
      '--meteor-jar',
      paths['meteor.jar']!,
      '--resamples',
      '0',
    );
    expect(error).toMatch(
      /error: METEOR did not run: .+\n {2}where: {4}.*meteor\.jar\n {2}expected: Java and the jar of METEOR 1\.5/,
    );
  });
});
