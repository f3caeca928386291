/**
 * The paper scale starts for real: with tiny weights and a few images in the layouts of its data sets it goes through all four stages to a report,
 * on the same path as at full size; and what is missing is told in one error.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { readJobFile } from '../../harness/execution/jobs/job-file.js';
import { TINY_HUB, writeTinyHub } from '../reference-model/weights/tiny-hub.js';
import { temporaryFolder } from './fake/fake-runs.js';
import { writePaperData } from './paper-data.js';

const folder = temporaryFolder();
const [data, weights, out] = ['data', 'weights', 'results'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
const suite = join(folder, 'miniature.yaml');

const vlmBench = (...args: readonly string[]) =>
  execaNode('dist/harness/cli.js', args, { reject: false, nodeOptions: [] });

/** Everything else is that of the shipped suite: data sets, mixtures, masks, parts that learn, rates, tokenizer. */
const stage = (name: string, more: object) => ({ name, steps: 2, attentionMask: 'causal', ...more });
const [rates, texts] = [
  { connector: 0.001, vision: 0.0005, language: 0.001 },
  { textTokensPerExample: 60, answerTokensPerExample: 20 },
];
const all = { trainable: ['connector', 'vision', 'language'], learningRate: rates, ...texts };
const unvalidated = { validation: { sources: [], atEnds: false } };
const { connector, vision } = rates;
const paper = {
  model: TINY_HUB,
  recipe: {
    batchSize: 4,
    microBatchSize: 2,
    stages: [
      stage('align', {
        data: 'llava-pretrain',
        trainable: ['connector'],
        learningRate: { connector },
        mixture: { 'ai-captions': 1 },
        ...unvalidated,
        ...texts,
      }),
      stage('align-vision', {
        data: 'sharegpt4v',
        trainable: ['connector', 'vision'],
        learningRate: { connector, vision },
        mixture: { 'ai-captions': 1 },
        ...unvalidated,
        ...texts,
      }),
      stage('joint', { data: 'coco-vqa', mixture: { 'human-captions': 1, questions: 1 }, ...all }),
      stage('adapt', { mixture: { 'human-captions': 1 }, ...all }),
    ],
    validateEverySteps: 4,
    validationExamples: 4,
    checkpointEverySteps: 4,
  },
  generation: { maximumNewTokens: 6, batchSize: 4 },
  evaluation: { captionImages: 3 },
};

beforeAll(async () => {
  writeTinyHub(weights);
  mkdirSync(data);
  await writePaperData(data);
  writeFileSync(suite, JSON.stringify({ schemaVersion: 2, extends: 'finding-1', id: 'miniature', scales: { paper } }));
});

const atPaperScale = ['--scale', 'paper', '--engine', 'wasm'];

describe('the paper scale in miniature', () => {
  test('goes through four stages on four data sets to a report that names weights and choices', async () => {
    const given = ['--data-root', data, '--weights', weights];
    const run = await vlmBench('run', suite, ...atPaperScale, ...given, '--seeds', '2', '--jobs', '2', '--out', out);
    expect(run).toMatchObject({ exitCode: 0 });
    const page = run.stderr.split('\n').at(-1)!;
    expect(page).toMatch(/miniature-paper-coco-karpathy\/index\.html$/);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('someone/tiny-siglip');
    expect(html).toContain('Our choice: one epoch over public sets');
    expect(html).toContain('as the paper names none of them');
    expect(html).toContain('they speak of its embedded scale');
    const report = JSON.parse(readFileSync(join(page, '..', 'report.json'), 'utf8'));
    expect(report.scale).toBe('paper');
    const finished = readdirSync(join(out, 'runs')).filter((id) => existsSync(join(out, 'runs', id, 'result.json')));
    expect(finished).toHaveLength(4);
    const record = join(out, 'runs', finished[0]!);
    const events = readFileSync(join(record, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const steps = events.filter(({ type }) => type === 'step').map(({ stage: name }) => name);
    expect(steps).toEqual(['align', 'align', 'align-vision', 'align-vision', 'joint', 'joint', 'adapt', 'adapt']);
    const provenance = JSON.parse(readFileSync(join(record, 'provenance.json'), 'utf8'));
    expect(provenance.trainingData.map(({ name }: { name: string }) => name)).toEqual([
      'llava-pretrain',
      'sharegpt4v',
      'coco-vqa',
    ]);
    const predictions = readFileSync(join(record, 'predictions.jsonl'), 'utf8').trim().split('\n');
    expect(predictions).toHaveLength(3);
  });

  test('prints jobs that know where data and weights lie', async () => {
    const elsewhere = join(folder, 'printed');
    const given = ['--data-root', data, '--weights', weights, '--workers', '0', '--seeds', '1', '--print-jobs'];
    const printed = await vlmBench('run', suite, ...atPaperScale, ...given, '--out', elsewhere);
    expect(printed).toMatchObject({ exitCode: 0 });
    const [file] = readdirSync(join(elsewhere, 'jobs')).filter((name) => name.endsWith('.json'));
    const { job } = readJobFile(join(elsewhere, 'jobs', file!));
    expect(job.place).toEqual({ dataRoot: data, weights, workers: 0 });
  });

  test('is planned from the data where it is there, and from the cards where it is not', async () => {
    const plan = async (...given: readonly string[]) =>
      JSON.parse((await vlmBench('plan', suite, '--scale', 'paper', '--json', ...given)).stdout);
    const known = await plan('--data-root', data, '--weights', weights);
    const [align, , joint] = known.arms[0].stages;
    expect(align.texts).toMatchObject({ tokensFrom: 'data', examples: 6, examplesFrom: 'data' });
    expect(align.texts.answerTokens).toBeGreaterThan(4);
    expect(align.texts.textTokens).toBeGreaterThan(align.texts.answerTokens);
    expect(joint.texts).toMatchObject({ examples: 12, examplesFrom: 'data' });
    const unknown = await plan();
    expect(unknown.arms[0].stages[0].texts).toEqual({
      textTokens: 60,
      answerTokens: 20,
      tokensFrom: 'suite',
      examples: 558_128,
      examplesFrom: 'card',
    });
  });

  test('tells everything that is missing in one error, and starts nothing', async () => {
    const elsewhere = join(folder, 'elsewhere');
    rmSync(join(data, 'sharegpt4v'), { recursive: true });
    const run = await vlmBench(
      'run',
      suite,
      ...atPaperScale,
      '--data-root',
      data,
      '--weights',
      elsewhere,
      '--out',
      elsewhere,
    );
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    const problems = run.stderr.split('\n').filter((line) => line.startsWith('error: '));
    expect(problems).toEqual([
      'error: the data set sharegpt4v is not there',
      'error: the weights of the vision part are not there: google/siglip-so400m-patch14-384',
      'error: the weights of the language part are not there: Qwen/Qwen2.5-0.5B-Instruct',
    ]);
    expect(run.stderr).toContain('sharegpt4v_instruct_gpt4-vision_cap100k.json');
    expect(run.stderr).toContain('hf download Qwen/Qwen2.5-0.5B-Instruct --local-dir');
    expect(existsSync(elsewhere)).toBe(false);

    const shipped = await vlmBench(
      'reproduce',
      '--finding',
      '1',
      ...atPaperScale,
      '--data-root',
      data,
      '--weights',
      weights,
      '--out',
      elsewhere,
    );
    expect(shipped).toMatchObject({ exitCode: 1 });
    expect(shipped.stderr).toMatch(/the training of finding-1 takes about [\d.]+ GB, and the engine wasm holds 4\.3/);
    expect(existsSync(elsewhere)).toBe(false);
  });
});
