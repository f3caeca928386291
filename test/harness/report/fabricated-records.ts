/** Finished records with scores, losses and times of the test's choice, written by the writers that real runs use. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasureId } from '../../../harness/measures/measures.js';
import type { RecordedEvent } from '../../../harness/records/events.js';
import { predictionsText } from '../../../harness/records/predictions.js';
import type { Provenance } from '../../../harness/records/provenance.js';
import { closeRecord } from '../../../harness/records/record-digests.js';
import {
  type Reproduction,
  reproductionFolder,
  reproductionOf,
  writeReproduction,
} from '../../../harness/records/reproduction.js';
import type { RunResult } from '../../../harness/records/result.js';
import { runIdOf } from '../../../harness/records/run-identity.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import { beginRun } from '../../../harness/records/run-record.js';
import { type Plan, planSuite } from '../../../harness/suite/plan.js';
import { type Suite, suiteSchema } from '../../../harness/suite/schema.js';
import { sha256 } from '../../../reference-model/files/hashing.js';
import type { RunConfig } from '../../../reference-model/recipe/recipe.js';
import { firstVersion } from '../../fixtures/first-version.js';

export type Scores = Readonly<Partial<Record<MeasureId, number>>>;

export interface Fabrication {
  readonly scores: (arm: string, seed: number) => Scores;
  /** Validation loss after so many steps. */
  readonly loss?: (step: number, arm: string, seed: number) => number;
  readonly signature?: (measure: string, arm: string, seed: number) => string;
  /** What a run says that it was made from. */
  readonly provenance?: (arm: string, seed: number) => Partial<Provenance>;
  readonly change?: (reproduction: Reproduction) => Reproduction;
}

export interface FabricatedReproduction {
  readonly store: string;
  readonly folder: string;
  readonly plan: Plan;
  readonly runIdOf: (arm: string, seed: number) => string;
}

const provenance: Provenance = {
  packageVersion: '0.0.0',
  codeVersion: 'c'.repeat(64),
  data: { name: 'tiny-scenes', fingerprint: 'f'.repeat(64) },
  engine: { name: 'wasm', precision: 'float32', numerics: 'fake-numerics' },
  machine: { node: 'v20.11.0', system: 'Test 1', processor: 'none', cores: 2, memoryBytes: 2 ** 30 },
};

/** The model and recipe of finding 1, a tenth as long, with factors and hypotheses of the test's own. */
export function suiteOf(changes: Partial<Suite>): Suite {
  const finding = firstVersion('finding-1');
  const { embedded } = finding.scales;
  const stages = embedded.recipe.stages.map((stage) => ({ ...stage, steps: stage.steps / 10 }));
  const recipe = { ...embedded.recipe, stages, validateEverySteps: 4 };
  const data = { 'tiny-scenes': { description: 'Scenes.' } };
  const smoke = { seeds: 1, overlay: {} };
  return suiteSchema.parse({ ...finding, scales: { embedded: { ...embedded, recipe } }, data, smoke, ...changes });
}

/** Records every run of a suite, and every training that runs share, without training any. */
export function fabricate(store: string, suite: Suite, fabrication: Fabrication): FabricatedReproduction {
  const plan = planSuite(suite);
  const identityOf = (config: RunConfig) => ({
    config,
    dataFingerprint: 'f'.repeat(64),
    codeVersion: provenance.codeVersion,
    engineNumerics: provenance.engine.numerics,
  });
  const idOf = (config: RunConfig) => runIdOf(identityOf(config));
  const forkAt = (prefix: number | undefined) =>
    prefix === undefined
      ? undefined
      : { runId: idOf(plan.prefixes[prefix]!.config), step: plan.prefixes[prefix]!.steps };
  const { scores, loss, signature = (measure: string) => `how ${measure}` } = fabrication;

  for (const { config, prefix } of plan.prefixes) {
    record(store, { identity: identityOf(config), fork: forkAt(prefix), scores: {}, loss: decay });
  }
  for (const { arm, seed, config, prefix } of plan.runs) {
    const own = Object.entries(scores(arm, seed)).map(
      ([measure, value]) => [measure, { value, signature: signature(measure, arm, seed) }] as const,
    );
    record(store, {
      identity: identityOf(config),
      fork: forkAt(prefix),
      scores: Object.fromEntries(own),
      loss: (step) => (loss ?? decay)(step, arm, seed),
      further: fabrication.provenance?.(arm, seed) ?? {},
    });
  }
  const folder = join(store, reproductionFolder(plan));
  const reproduction = reproductionOf(plan, {
    fingerprint: 'f'.repeat(64),
    command: `vlm-bench reproduce ${suite.id}`,
    runIds: plan.runs.map(({ config }) => idOf(config)),
    prefixIds: plan.prefixes.map(({ config }) => idOf(config)),
  });
  writeReproduction(folder, (fabrication.change ?? ((same) => same))(reproduction));
  return {
    store,
    folder,
    plan,
    runIdOf: (arm, seed) => idOf(plan.runs.find((run) => run.arm === arm && run.seed === seed)!.config),
  };
}

const decay = (step: number): number => 3 / (1 + step);

/** Steps of 64 tokens, 16 of them learned, and of one second each; the clock of a run begins at 0. */
function record(
  store: string,
  {
    identity,
    fork,
    scores,
    loss,
    further = {},
  }: {
    identity: Parameters<typeof runIdOf>[0];
    fork: { readonly runId: string; readonly step: number } | undefined;
    scores: RunResult['scores'];
    loss: (step: number) => number;
    further?: Partial<Provenance>;
  },
): void {
  const runId = runIdOf(identity);
  const paths = runPaths(store, runId);
  mkdirSync(paths.folder, { recursive: true });
  beginRun(paths, identity, { ...provenance, ...further });
  const { recipe, evaluation } = identity.config;
  const stages = recipe.stages.filter(({ steps }) => steps > 0);
  const events: RecordedEvent[] = fork === undefined ? [] : [{ type: 'forked', ...fork, time: 0 }];
  const session = { type: 'session-started', resumedFromStep: fork?.step ?? 0, jobs: 2 } as const;
  const validate = (stage: string, step: number): RecordedEvent => ({
    type: 'validation',
    stage,
    step,
    loss: { 'ai-captions': loss(step), 'human-captions': loss(step), questions: loss(step) },
    time: 1000 * step,
  });
  if (fork === undefined) events.push({ ...session, time: 0 }, validate(stages[0]!.name, 0));
  let step = 0;
  for (const stage of stages) {
    for (let inStage = 1; inStage <= stage.steps; inStage++) {
      step += 1;
      const common = {
        totalSteps: step,
        loss: loss(step),
        learningRate: {},
        gradientNorm: 1,
        tokens: 64,
        answerTokens: 16,
      };
      events.push({ type: 'step', stage: stage.name, step, ...common, time: 1000 * step });
      if (step % recipe.validateEverySteps === 0 || inStage === stage.steps) events.push(validate(stage.name, step));
    }
    if (step === fork?.step) events.push({ ...session, time: 1000 * step });
  }
  events.push(
    { type: 'training-finished', time: 1000 * step },
    { type: 'finished', peakMemoryBytes: 1e6, time: 1000 * step },
  );
  writeFileSync(paths.events, events.map((event) => `${JSON.stringify(event)}\n`).join(''));

  const weights = `weights of ${runId}`;
  const predictions = predictionsText(
    evaluation.captionImages + evaluation.questions === 0
      ? []
      : [
          {
            type: 'answer',
            questionId: 'q1',
            imageId: 'i1',
            kind: 'open',
            question: 'what colour?',
            expected: 'red',
            text: `said by ${runId}`,
            correct: false,
          },
        ],
  );
  writeFileSync(paths.weights, weights);
  writeFileSync(paths.predictions, predictions);
  const image = { imageId: 'i1', width: 1, height: 1, rgb: Buffer.from([1, 2, 3]).toString('base64') };
  writeFileSync(paths.examples, JSON.stringify([image]));
  closeRecord(paths, {
    schemaVersion: 2,
    runId,
    scores,
    steps: step,
    tokens: 64 * step,
    parameters: 7,
    weights: sha256(weights),
    predictions: sha256(predictions),
  });
}
