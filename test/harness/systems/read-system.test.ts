/** Whatever stands for a system's scores comes to one form whose sums give the scores of the metrics themselves. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import { executeRuns } from '../../../harness/execution/execute-runs.js';
import { acceptBaseline } from '../../../harness/gate/accept.js';
import { judge } from '../../../harness/gate/judge.js';
import { recordEvaluationImages } from '../../../harness/records/evaluation-images.js';
import { reproductionOf, writeReproduction } from '../../../harness/records/reproduction.js';
import { readFinishedRunIn } from '../../../harness/records/run-record.js';
import { readBaseline } from '../../../harness/systems/baseline.js';
import type { Scoring } from '../../../harness/systems/from-predictions.js';
import { parseSystemSource, readSystem } from '../../../harness/systems/read-system.js';
import { parseScoresFile, writeScoresFile } from '../../../harness/systems/scores-document.js';
import { type System, scoreOfSums } from '../../../harness/systems/system.js';
import { readThumbnails } from '../../../harness/systems/thumbnails.js';
import { scoreAnswers, scoreCaptions, scoreConsensus } from '../../../metrics/index.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeExecutor, fakeJobs, fakePlan, manualInterruption, temporaryFolder } from '../fake/fake-runs.js';
import { captionFiles, newFolder, writeIn } from './system-files.js';

const read = (paths: string | readonly string[], scoring?: Scoring) =>
  readSystem({ paths: typeof paths === 'string' ? [paths] : paths }, scoring);

async function refusal(action: () => Promise<unknown>): Promise<string> {
  const error = await action().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('predicted captions', () => {
  const folder = newFolder();
  const files = captionFiles(folder, 30);

  test('have the scores of the metrics, as sums over images', async () => {
    const system = await read(files.predictions, { references: files.references });
    const scored = scoreCaptions(files.images).metrics;
    expect(system.metrics.map(({ name }) => name)).toEqual([
      'CIDEr-D',
      'BLEU-1',
      'BLEU-2',
      'BLEU-3',
      'BLEU-4',
      'ROUGE-L',
    ]);
    for (const { name, signature, imageIds, replicates } of system.metrics) {
      const expected = scored[name as 'CIDEr-D']!;
      expect(signature).toBe(expected.signature);
      expect(imageIds).toEqual(files.images.map(({ imageId }) => imageId).sort());
      expect(replicates[0]!.score).toBeCloseTo(expected.score, 12);
      imageIds.forEach((imageId, index) => {
        const original = files.images.findIndex((image) => image.imageId === imageId);
        expect(replicates[0]!.perImage[index]).toBeCloseTo(expected.perImage[original]!, 12);
      });
    }
    expect(system.items).toHaveLength(30);
    const [first] = system.items;
    expect(first!.texts).toEqual([files.images.find(({ imageId }) => imageId === first!.imageId)!.candidate]);
  });

  test('come back from a scores file as they were', async () => {
    const system = await read(files.predictions, { references: files.references });
    const file = join(folder, 'scores.json');
    await writeScoresFile(file, system);
    const again = await read(file);
    expect(again.metrics).toEqual(system.metrics);
    expect(again.items).toEqual(system.items);
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines.filter((line) => line.startsWith('{"id":'))).toHaveLength(30);
    await writeScoresFile(join(folder, 'again.json'), again);
    expect(readFileSync(join(folder, 'again.json'), 'utf8')).toBe(lines.join('\n'));
  });

  test('of several files are one system with several records', async () => {
    const other = captionFiles(folder, 30, 2);
    const both = await read([files.predictions, other.predictions], { references: files.references });
    const second = await read(other.predictions, { references: files.references });
    expect(both.records).toBe(2);
    expect(both.metrics[0]!.replicates[1]).toEqual(second.metrics[0]!.replicates[0]);
    expect(both.items[5]!.texts).toEqual([expect.any(String), second.items[5]!.texts[0]]);
  });

  test('need references', async () => {
    expect(await refusal(() => read(files.predictions))).toContain('cannot be scored without references');
  });

  test('against other references do not join', async () => {
    const elsewhere = newFolder();
    const few = captionFiles(elsewhere, 29);
    const scores = join(elsewhere, 'few.json');
    await writeScoresFile(scores, await read(few.predictions, { references: few.references }));
    const whole = join(elsewhere, 'whole.json');
    await writeScoresFile(whole, await read(files.predictions, { references: files.references }));
    expect(await refusal(() => read([whole, scores]))).toContain('lacks 1 image (971)');
  });
});

describe('predicted answers', () => {
  const folder = newFolder();
  const questions = Array.from({ length: 12 }, (_, index) => ({
    question_id: index,
    image: `picture-${index % 5}`,
    question: index % 2 === 0 ? 'is it red?' : 'what is it?',
    answer: index % 2 === 0 ? 'yes' : `thing ${index % 3}`,
  }));
  const answers = questions.map(({ question_id }) => ({
    question_id,
    answer: question_id % 4 === 0 ? 'yes' : 'thing 1',
  }));
  const references = writeIn(folder, 'questions.json', questions);
  const predictions = writeIn(folder, 'answers.json', answers);

  test('are right answers and questions of each image', async () => {
    const system = await read(predictions, { references, dataset: 'pathvqa' });
    const scored = scoreAnswers(
      questions.map(({ question_id, image, answer }, index) => ({
        questionId: String(question_id),
        imageId: image,
        answer,
        prediction: answers[index]!.answer,
        kind: answer === 'yes' ? 'yes/no' : 'open',
      })),
    );
    const expected = { accuracy: scored.overall, 'accuracy/yes-no': scored['yes/no'], 'accuracy/open': scored.open };
    expect(Object.fromEntries(system.metrics.map((metric) => [metric.name, metric.replicates[0]!.score]))).toEqual(
      Object.fromEntries(Object.entries(expected).map(([name, { score }]) => [name, score])),
    );
    const [accuracy] = system.metrics;
    expect(accuracy!.signature).toBe(scored.overall.signature);
    expect([...accuracy!.replicates[0]!.columns[1]!]).toEqual([3, 3, 2, 2, 2]);
    expect(system.items.filter(({ kind }) => kind === 'open')).toHaveLength(6);
  });

  test('to VQA v2 have the consensus accuracy', async () => {
    const annotations = questions.map(({ question_id, image }, index) => ({
      question_id,
      image_id: image,
      question_type: 'what',
      answers: Array.from({ length: 10 }, (_, person) => ({ answer: person < index ? 'yes' : 'no' })),
    }));
    const file = writeIn(folder, 'annotations.json', { annotations });
    const yes = writeIn(
      folder,
      'yes.json',
      questions.map(({ question_id }) => ({ question_id, answer: 'yes' })),
    );
    const system = await read(yes, { references: file, dataset: 'vqav2' });
    const { overall } = scoreConsensus(
      annotations.map(({ question_id, image_id, answers: given }) => ({
        questionId: String(question_id),
        imageId: image_id,
        answers: given.map(({ answer }) => answer),
        prediction: 'yes',
      })),
    );
    expect(system.metrics.map(({ name }) => name)).toEqual(['VQA-accuracy']);
    expect(system.metrics[0]!.replicates[0]!.score).toBeCloseTo(overall.score!, 12);
  });
});

describe('records of runs', () => {
  const plan = fakePlan({ seeds: 2 });
  const arms = [...new Set(plan.runs.map(({ arm }) => arm))];
  let store: string;
  let reproduction: string;
  let folders: readonly string[];

  beforeAll(async () => {
    store = temporaryFolder();
    const jobs = await fakeJobs(store, plan, 2);
    const interruption = manualInterruption();
    await executeRuns(jobs, { executor: fakeExecutor(interruption), jobs: 2, interruption });
    const runIds = jobs.map(({ job }) => job.runId);
    reproduction = join(store, 'finding-1');
    writeReproduction(
      reproduction,
      reproductionOf(plan, { runIds, prefixIds: [], fingerprint: 'fingerprint-of-tiny-scenes', command: 'x' }),
    );
    folders = runIds.map((runId) => join(store, 'runs', runId));
  });

  const ofArm = (arm: string) => folders.filter((_, index) => plan.runs[index]!.arm === arm);

  test('have the scores of their results, one record per run', async () => {
    const system = await read(ofArm(arms[0]!));
    const finished = ofArm(arms[0]!).map((folder) => readFinishedRunIn(folder));
    expect(finished).toHaveLength(2);
    expect(system.metrics.map(({ name }) => name)).toEqual([
      'CIDEr-D/ai-captions',
      'CIDEr-D/human-captions',
      'accuracy',
      'accuracy/yes-no',
      'accuracy/open',
    ]);
    for (const { name, signature, replicates } of system.metrics) {
      expect(replicates.map(({ seed }) => seed)).toEqual(finished.map(({ identity }) => identity.config.seed));
      replicates.forEach(({ score }, index) => {
        const stated = finished[index]!.result.scores[name as 'accuracy']!;
        expect(score).toBeCloseTo(stated.value, 12);
        expect(signature).toBe(stated.signature);
      });
    }
    expect(system.items.filter(({ group }) => group === 'answers')).toHaveLength(30);
  });

  test('are named by an arm of a reproduction', async () => {
    const arm = await read(`${reproduction}#${arms[1]}`);
    const runs = await read(ofArm(arms[1]!));
    const { arms: stated } = JSON.parse(readFileSync(join(reproduction, 'reproduction.json'), 'utf8'));
    expect(arm.label).toBe(`finding-1: ${stated.find(({ id }: { id: string }) => id === arms[1]).label}`);
    expect(arm.metrics).toEqual(runs.metrics);
    expect(arm.origin.runIds).toEqual(runs.origin.runIds);
    expect(await refusal(() => read(reproduction))).toContain(`expected: one of ${arms.join(', ')}`);
    expect(await refusal(() => read(`${reproduction}#none`))).toContain('the reproduction has no arm "none"');
  });

  test('gate one arm against another, over seeds and images', async () => {
    const [control, treatment] = [await read(`${reproduction}#${arms[0]}`), await read(`${reproduction}#${arms[1]}`)];
    const metric = 'CIDEr-D/human-captions';
    const file = join(store, 'baseline.json');
    await acceptBaseline({ file, candidate: control, metric, reason: 'x', by: 'Ann', at: new Date(0) });
    const result = judge({
      baseline: await readBaseline(file),
      file,
      candidate: treatment,
      metrics: [metric, 'accuracy', metric],
    });
    expect(result.method).toContain('2 records a side with the same seeds');
    const means = [control, treatment].map(({ metrics }) => {
      const values = metrics.find(({ name }) => name === metric)!.replicates.map(({ score }) => score);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    });
    expect(result.metrics[0]!.difference).toBeCloseTo(means[1]! - means[0]!, 12);
    expect(result.metrics.map(({ name }) => name)).toEqual([metric, 'accuracy']);
  });

  test('lead to pictures of their images', async () => {
    const data = await fakeMachinery.loadDataSet({ name: 'tiny-scenes' });
    await recordEvaluationImages(
      store,
      { ...data, load: async () => data },
      { split: 'test', captionImages: 5, questions: 0 },
    );
    const { imageStore } = await read(folders[0]!);
    const pictures = await readThumbnails(['test-3', 'test-4', '../test-3'], { stores: [imageStore!] });
    expect([...pictures.keys()]).toEqual(['test-3', 'test-4']);
    const { data: pixels, info } = await sharp(pictures.get('test-3')).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([2, 2]);
    expect([...pixels]).toEqual(Array(12).fill(3));
    const elsewhere = { ...imageStore!, dataFingerprint: 'another' };
    expect((await readThumbnails(['test-3'], { stores: [elsewhere] })).size).toBe(0);
  });

  test('are refused twice, and when they are none', async () => {
    expect(await refusal(() => read([folders[0]!, folders[0]!]))).toContain('is given twice');
    expect(await refusal(() => read(store))).toContain('neither the record of a run nor a reproduction');
  });
});

test('pictures in a folder are found by name, never by path', async () => {
  const folder = newFolder();
  const picture = await sharp({ create: { width: 900, height: 300, channels: 3, background: '#123456' } })
    .jpeg()
    .toBuffer();
  for (const name of ['COCO_val2014_000000000042.jpg', 'cat.jpg', 'secret.txt'])
    writeFileSync(join(folder, name), picture);
  writeFileSync(join(folder, 'broken.png'), 'not an image');
  symlinkSync(join(folder, 'cat.jpg'), join(folder, 'link.jpg'));
  const ids = ['42', 'cat.jpg', 'cat', '../cat', '/etc/passwd', 'broken', 'link', 'none', '__proto__'];
  const found = await readThumbnails(ids, { stores: [], folder });
  expect([...found.keys()]).toEqual(['42', 'cat.jpg', 'cat']);
  const { width, height, format } = await sharp(found.get('42')).metadata();
  expect([width, height, format]).toEqual([320, 107, 'png']);
});

describe('scores files', () => {
  const simple = {
    format: 'vlm-bench scores 1',
    label: 'ours',
    metrics: { SPICE: { signature: 'spice 1.0, references of May' } },
    images: [
      { id: 2, scores: { SPICE: 0.25 } },
      { id: 'a', scores: { SPICE: 0.75 } },
    ],
  };

  test('of other tools need little', () => {
    const { label, metrics } = parseScoresFile(simple, 'ours.json');
    expect(label).toBe('ours');
    expect(metrics[0]).toMatchObject({ name: 'SPICE', higherIsBetter: true, imageIds: ['2', 'a'] });
    expect(metrics[0]!.replicates[0]!.score).toBe(0.5);
  });

  test.each<[string, object, string]>([
    ['no metric', { metrics: {} }, 'the file holds no metric'],
    ['an unknown key', { margn: 1 }, 'unrecognized key: "margn"'],
    ['no signature', { metrics: { SPICE: {} } }, 'ours.json, metrics.SPICE.signature'],
    ['no image', { images: [] }, 'the file holds no image'],
    ['no list of images', { images: undefined }, 'there is nothing where a list should be'],
    ['an image twice', { images: [simple.images[0], simple.images[0]] }, 'image 2 occurs twice'],
    ['a score that is text', { images: [{ id: 2, scores: { SPICE: '0.25' } }] }, 'the score is "0.25"'],
    ['a score that is null', { images: [{ id: 2, scores: { SPICE: null } }] }, 'the score is null'],
    [
      'an infinite score',
      { images: [{ id: 2, scores: { SPICE: Number.POSITIVE_INFINITY } }] },
      'ours.json, images[0], scores.SPICE',
    ],
    ['an enormous score', { images: [{ id: 2, scores: { SPICE: 1e300 } }] }, 'the score is 1e+300'],
    [
      'questions without number',
      {
        metrics: { SPICE: { signature: 's', aggregation: 'ratio' } },
        images: [{ id: 2, scores: { SPICE: [[1, 0]] } }],
      },
      'the score is 0',
    ],
    ['scores of two records', { images: [{ id: 2, scores: { SPICE: [0, 1] } }] }, 'image 2 has 2 scores SPICE'],
    ['another metric in the images', { images: [{ id: 2, scores: { CIDEr: 1 } }] }, 'no image has a score "SPICE"'],
    ['an image without id', { images: [{ scores: {} }] }, 'the record has no id'],
    ['an image without scores', { images: [{ id: 2 }] }, 'the record is nothing'],
    [
      'a text that is a number',
      { images: [{ id: 2, scores: { SPICE: 1 }, items: [{ texts: [3] }] }] },
      'the entry is of another kind',
    ],
  ])('with %s are refused', async (_, change, message) => {
    expect(await refusal(async () => parseScoresFile({ ...simple, ...change }, 'ours.json'))).toContain(message);
  });

  test('hold any text and any identifier', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 });
    const image = fc.record({
      id: fc.string({ minLength: 1 }),
      score: fc.double({ noNaN: true, min: -1e12, max: 1e12 }),
      said: text,
    });
    const folder = newFolder();
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(image, { minLength: 1, selector: ({ id }) => id }), async (images) => {
        const document = {
          ...simple,
          images: images.map(({ id, score, said }) => ({ id, scores: { SPICE: [score] }, items: [{ texts: [said] }] })),
        };
        const system: System = parseScoresFile(JSON.parse(JSON.stringify(document)), 'x');
        await writeScoresFile(join(folder, 'any.json'), system);
        const again = await read(join(folder, 'any.json'));
        expect(again.items).toEqual(system.items);
        expect(again.metrics).toEqual(system.metrics);
        expect(again.items.map(({ texts }) => texts[0]).sort()).toEqual(images.map(({ said }) => said).sort());
      }),
      { numRuns: 60 },
    );
  });
});

test('a score of sums does not depend on how images are grouped', () => {
  expect(scoreOfSums('mean', [6], 4)).toBe(1.5);
  expect(scoreOfSums('ratio', [6, 8], 4)).toBe(0.75);
});

test('a source is a path, or a label with paths', () => {
  const folder = newFolder();
  const odd = writeIn(folder, 'a=b,c.json', '{}');
  expect(parseSystemSource(odd)).toEqual({ paths: [odd] });
  expect(parseSystemSource('ours=x.json,y.json')).toEqual({ label: 'ours', paths: ['x.json', 'y.json'] });
  expect(parseSystemSource(`ours=${odd}`)).toEqual({ label: 'ours', paths: [odd] });
  expect(parseSystemSource('x.json')).toEqual({ paths: ['x.json'] });
});

test('what is no system is named', async () => {
  const folder = newFolder();
  expect(await refusal(() => read(join(folder, 'none.json')))).toContain('there is no file or folder');
  const printed = writeIn(folder, 'printed.json', { images: 2, metrics: { 'CIDEr-D': { score: 1 } } });
  expect(await refusal(() => read(printed))).toContain('the file holds scores without images');
  const other = writeIn(folder, 'other.json', { format: 'vlm-bench scores 9' });
  expect(await refusal(() => read(other))).toContain('the format is "vlm-bench scores 9"');
  const table = writeIn(folder, 'each.csv', 'image_id,CIDEr-D\n1,0.5\n');
  expect(await refusal(() => read(table))).toContain(
    'write JSON with `vlm-bench score captions --per-image FILE.json`',
  );
});
