/**
 * Records as a training would leave them, made in milliseconds: configurations of finding 1 with few steps, invented predictions and
 * images, written by the writers of real records. The numbers depend on the seed alone.
 */
import { join } from 'node:path';
import { recordEvaluationImages } from '../../harness/records/evaluation-images.js';
import { openEventLog } from '../../harness/records/events.js';
import { type Prediction, predictionsText } from '../../harness/records/predictions.js';
import { closeRecord } from '../../harness/records/record-digests.js';
import { reproductionFolder, reproductionOf, writeReproduction } from '../../harness/records/reproduction.js';
import { runIdOf } from '../../harness/records/run-identity.js';
import { runPaths } from '../../harness/records/run-paths.js';
import { beginRun } from '../../harness/records/run-record.js';
import { planSuite } from '../../harness/suite/plan.js';
import type { Suite } from '../../harness/suite/schema.js';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { firstVersion } from '../fixtures/first-version.js';

const FINGERPRINT = sha256('the data set of the synthetic records');
const STEPS_PER_STAGE = 3;

export interface SyntheticRun {
  readonly arm?: string;
  readonly seed: number;
  /** Makes it another system. */
  readonly weightDecay?: number;
  /** Added to every score, to tell systems apart. */
  readonly skill?: number;
}

export interface SyntheticSamples {
  readonly images: number;
  readonly questionsPerImage?: number;
  /** Replaces what would be said, for hostile records. */
  readonly text?: (index: number) => string;
  readonly imageId?: (index: number) => string;
}

/** Uniform numbers in [0, 1): a linear congruential generator (Knuth, MMIX constants, upper bits). */
function uniform(seed: number): () => number {
  let state = BigInt(seed) * 2654435761n + 12345n;
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 40n) / 2 ** 24;
  };
}

const COLOURS = ['red', 'green', 'blue', 'yellow', 'purple'] as const;
const SHAPES = ['circle', 'square', 'triangle', 'cross'] as const;

function configOf({ arm = 'causal', seed, weightDecay }: SyntheticRun): RunConfig {
  const plan = planSuite(firstVersion('finding-1'));
  const { config } = plan.runs.find((run) => run.arm === arm)!;
  const { recipe } = config;
  return {
    ...config,
    seed,
    recipe: {
      ...recipe,
      optimizer: { ...recipe.optimizer, ...(weightDecay === undefined ? {} : { weightDecay }) },
      stages: recipe.stages.map((stage) => ({ ...stage, steps: STEPS_PER_STAGE })),
    },
  };
}

/** Writes one finished record into the store. @returns its run id */
export function recordSyntheticRun(store: string, run: SyntheticRun, samples: SyntheticSamples): string {
  const config = configOf(run);
  const identity = { config, dataFingerprint: FINGERPRINT, codeVersion: 'synthetic', engineNumerics: 'synthetic' };
  const runId = runIdOf(identity);
  const paths = runPaths(store, runId);
  beginRun(paths, identity, {
    packageVersion: '0.1.0',
    codeVersion: 'synthetic',
    data: { name: 'tiny-scenes', fingerprint: FINGERPRINT },
    engine: { name: 'wasm', precision: 'float32', numerics: 'synthetic' },
    machine: { node: 'v20.0.0', system: 'Linux 6 x64', processor: 'none', cores: 2, memoryBytes: 2 ** 33 },
  });
  const steps = recordEvents(paths.events, config);
  const predictions = predictionsOf(run, samples);
  const text = predictionsText(predictions);
  const weights = `weights of ${runId}`;
  writeFileAtomically(paths.predictions, text);
  writeFileAtomically(paths.weights, weights);
  writeFileAtomically(paths.examples, '[]');
  closeRecord(paths, {
    schemaVersion: 2,
    runId,
    scores: scoresOf(predictions),
    steps,
    tokens: steps * 64,
    parameters: 250_000,
    weights: sha256(weights),
    predictions: sha256(text),
  });
  return runId;
}

function recordEvents(file: string, { recipe }: RunConfig): number {
  const log = openEventLog(file);
  const totalSteps = recipe.stages.length * STEPS_PER_STAGE;
  log.append({ type: 'session-started', resumedFromStep: 0, jobs: 1 });
  let step = 0;
  for (const { name: stage } of recipe.stages) {
    for (let within = 0; within < STEPS_PER_STAGE; within++) {
      step += 1;
      const loss = 3 / (1 + step);
      log.append({
        type: 'step',
        stage,
        step,
        totalSteps,
        loss,
        learningRate: {},
        gradientNorm: 1,
        tokens: 64,
        answerTokens: 32,
      });
      log.append({ type: 'validation', stage, step, loss: { 'ai-captions': loss } });
    }
  }
  log.append({ type: 'training-finished' });
  log.append({ type: 'finished', peakMemoryBytes: 3e8 });
  log.close();
  return totalSteps;
}

function predictionsOf({ seed, skill = 0 }: SyntheticRun, samples: SyntheticSamples): readonly Prediction[] {
  const { images, questionsPerImage = 1, text, imageId = imageName } = samples;
  const draw = uniform(seed);
  const captions = (['ai-captions', 'human-captions'] as const).flatMap((style) =>
    Array.from({ length: images }, (_, index): Prediction => {
      const thing = `${COLOURS[index % 5]} ${SHAPES[index % 4]}`;
      return {
        type: 'caption',
        style,
        imageId: imageId(index),
        prompt: 'describe the image.',
        text: text?.(index) ?? `there is a ${thing} in the ${index % 2 ? 'upper' : 'lower'} part of the picture.`,
        references: text === undefined ? [`a ${thing} stands alone.`, `one ${thing} can be seen.`] : [text(index + 1)],
        score: Math.round((draw() * 3 + skill) * 1000) / 1000,
      };
    }),
  );
  const answers = Array.from({ length: images * questionsPerImage }, (_, index): Prediction => {
    const correct = draw() < 0.6 + skill / 4;
    const colour = COLOURS[index % 5]!;
    return {
      type: 'answer',
      questionId: `question-${index}`,
      imageId: imageId(index % images),
      kind: 'open',
      question: text?.(index) ?? `which colour has the ${SHAPES[index % 4]}?`,
      expected: colour,
      text: correct ? colour : COLOURS[(index + 1) % 5]!,
      correct,
    };
  });
  return [...captions, ...answers];
}

function scoresOf(predictions: readonly Prediction[]) {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const captionsOf = (style: string) =>
    predictions.flatMap((prediction) =>
      prediction.type === 'caption' && prediction.style === style ? [prediction.score] : [],
    );
  const answers = predictions.flatMap((prediction) =>
    prediction.type === 'answer' ? [Number(prediction.correct)] : [],
  );
  const score = (value: number, signature: string) => ({ value, signature: `synthetic|${signature}` });
  return {
    'CIDEr-D/ai-captions': score(mean(captionsOf('ai-captions')), 'ai'),
    'CIDEr-D/human-captions': score(mean(captionsOf('human-captions')), 'human'),
    accuracy: score(mean(answers), 'accuracy'),
    'accuracy/open': score(mean(answers), 'accuracy open'),
    'validation-loss/ai-captions': score(0.25, 'loss'),
  };
}

function imageName(index: number): string {
  return `test-${String(index).padStart(5, '0')}`;
}

/** Keeps one picture per image: noise of its own on a plain ground, so that no two files are equal. */
export async function recordSyntheticImages(
  store: string,
  { images, imageId = imageName }: SyntheticSamples,
): Promise<void> {
  const draw = uniform(7);
  const test = Array.from({ length: images }, (_, index) => {
    const ground = [draw() * 200, draw() * 200, draw() * 200];
    const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => ground[at % 3]! + draw() * 30);
    const image = { width: 32, height: 32, pixels };
    return { imageId: imageId(index), image, humanCaptions: [], aiCaptions: [], questions: [] };
  });
  await recordEvaluationImages(
    store,
    { fingerprint: FINGERPRINT, load: async () => ({ splits: { train: [], validation: [], test } }) },
    { split: 'test', captionImages: images, questions: 0 },
  );
}

/** Finding 1 with both arms at each seed. @returns the reproduction's folder */
export function recordSyntheticFinding(
  store: string,
  {
    seeds,
    samples,
    skill = 0.2,
    rewrite = (suite) => suite,
  }: {
    readonly seeds: readonly number[];
    readonly samples: SyntheticSamples;
    readonly skill?: number;
    /** Other words in the suite, for hostile records. */
    readonly rewrite?: (suite: Suite) => Suite;
  },
): string {
  const plan = planSuite(rewrite(firstVersion('finding-1')));
  const runs = seeds.flatMap((seed) =>
    ['causal', 'visual-bidirectional'].map((arm, index) => ({
      arm,
      seed,
      runId: recordSyntheticRun(store, { arm, seed, skill: index * skill }, samples),
    })),
  );
  const folder = join(store, reproductionFolder(plan));
  const recorded = { fingerprint: FINGERPRINT, command: 'vlm-bench reproduce --finding 1', runIds: [], prefixIds: [] };
  writeReproduction(folder, { ...reproductionOf({ ...plan, runs: [], prefixes: [] }, recorded), runs });
  return folder;
}
