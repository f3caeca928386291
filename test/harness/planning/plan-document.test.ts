import { describe, expect, test, vi } from 'vitest';
import { executeRuns } from '../../../harness/execution/execute-runs.js';
import { planSeconds } from '../../../harness/planning/engine-times.js';
import { type PlanDocument, planDocument } from '../../../harness/planning/plan-document.js';
import { planText } from '../../../harness/planning/plan-text.js';
import { durationText, quantityText } from '../../../harness/planning/quantities.js';
import { recordedNodes } from '../../../harness/planning/recorded-runs.js';
import { runGraph } from '../../../harness/planning/run-graph.js';
import { tokenCounter } from '../../../harness/planning/token-counter.js';
import { loadDataSets } from '../../../harness/run/load-data-sets.js';
import type { Machinery } from '../../../harness/run/machinery.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeExecutor, fakeJobs, temporaryFolder } from '../fake/fake-runs.js';
import { suiteOf } from '../report/fabricated-records.js';
import { fakePlanOfAllWords } from './fake-plan.js';

const gpu = vi.hoisted(() => ({ isThere: false }));
vi.mock('../../../reference-model/engines/torch/engine.js', async (original) => ({
  ...(await original<object>()),
  hasTorchGpu: () => gpu.isThere,
}));

const options = { engine: 'auto', calibrate: false, onCalibration: () => {} } as const;

/** Names and kinds of everything in a document: what scripts rely on. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shapeOf(entry)]));
}

describe('the document of a plan', async () => {
  const factors = {
    length: {
      label: 'length',
      levels: {
        short: { label: 'short', description: 'Short.', overlay: {} },
        long: { label: 'long', description: 'Long.', overlay: { recipe: { stages: { adapt: { steps: 9 } } } } },
      },
    },
  };
  const [claim] = suiteOf({}).hypotheses;
  const hypotheses = [{ ...claim!, test: 'paired', treatment: 'long', control: 'short' } as const];
  const plan = planSuite(suiteOf({ factors, hypotheses }), { seeds: 2 });
  const document = await planDocument(plan, { ...options, out: temporaryFolder() });

  test('estimates the memory of the engine that `auto` takes', async () => {
    const estimated = async (engine: 'auto' | 'wasm') =>
      (await planDocument(plan, { ...options, engine, out: temporaryFolder() })).memory.engine;
    expect([await estimated('auto'), await estimated('wasm')]).toEqual(['wasm', 'wasm']);
    gpu.isThere = true;
    expect([await estimated('auto'), await estimated('wasm')]).toEqual(['torch', 'wasm']);
    gpu.isThere = false;
  });

  test('keeps its shape', () => {
    const { runs, hypotheses: _, engines, ...rest } = document;
    const count = 'number';
    const stage = {
      name: 'string',
      kind: 'string',
      trainable: ['string'],
      steps: count,
      tokens: count,
      answerTokens: count,
    };
    const node = {
      id: 'string',
      kind: 'string',
      title: 'string',
      seed: count,
      copiedSteps: count,
      steps: count,
      stages: [{ ...stage, forwardFlops: count, backwardFlops: count }],
      tokens: count,
      trainingFlops: count,
      validationFlops: count,
      responses: count,
      responseFlops: count,
      recordBytes: count,
      recorded: 'boolean',
    };
    expect(shapeOf(rest)).toEqual({
      schemaVersion: count,
      suite: 'string',
      title: 'string',
      claim: 'string',
      scale: 'string',
      dataSet: 'string',
      smoke: 'boolean',
      parameters: { vision: count, connector: count, language: count, total: count },
      batchSize: count,
      arms: [
        {
          arm: 'string',
          parameters: { vision: count, connector: count, language: count, total: count },
          batchSize: count,
          batchSizes: [count],
        },
      ],
      steps: { alone: count, shared: count, saved: count },
      nodes: [node],
      edges: [{ from: 'string', to: 'string', step: count }],
      totals: {
        tokens: count,
        trainingFlops: count,
        validationFlops: count,
        responses: count,
        responseFlops: count,
        recordBytes: count,
      },
      memory: {
        ...{ engine: 'string', process: count, data: count, parameters: count, activations: count, total: count },
        processes: count,
      },
      executors: [
        {
          executor: 'string',
          chosen: 'boolean',
          settings: {},
          jobs: count,
          waves: [['string']],
          atOnce: count,
          devices: count,
          budgetHours: count,
        },
      ],
      detectable: [
        {
          hypothesis: 'string',
          metric: 'string',
          margin: count,
          seeds: count,
          power: count,
          pilot: { standardDeviation: count, source: 'string' },
          levels: [{ correction: 'string', alpha: count, effect: count, reproduced: count, seedsNeeded: count }],
          verdict: {
            alpha: count,
            powers: [
              { spread: 'string', standardDeviation: count, ruledOut: count, reproduced: count, seedsNeeded: count },
            ],
          },
        },
      ],
      warnings: ['string'],
    });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    expect(runs.map(({ arm, seed, node: id }) => [arm, seed, id])).toEqual([
      ['short', 1, 'run-1'],
      ['long', 1, 'run-2'],
      ['short', 2, 'run-3'],
      ['long', 2, 'run-4'],
    ]);
    expect(engines.map(({ engine }) => engine)).toEqual(['wasm', 'tensorflow', 'torch']);
    for (const { available, reason, remedy } of engines) {
      if (!available) expect([typeof reason, typeof remedy]).toEqual(['string', 'string']);
    }
  });

  test('adds up', () => {
    const total = (key: 'tokens' | 'trainingFlops' | 'recordBytes') =>
      document.nodes.reduce((sum, node) => sum + node[key], 0);
    const { totals, steps, nodes } = document;
    expect(totals).toMatchObject({
      tokens: total('tokens'),
      trainingFlops: total('trainingFlops'),
      recordBytes: total('recordBytes'),
    });
    expect(steps.saved).toBe(steps.alone - steps.shared);
    expect(nodes.reduce((sum, node) => sum + node.steps, 0)).toBe(steps.shared);
    // Both arms of a seed share everything but the last stage.
    expect(steps.saved).toBe(document.edges[0]!.step * 2);
  });

  test('is readable as a tree', () => {
    const lines = planText(document).split('\n');
    const at = (text: string) => lines.findIndex((line) => line.includes(text));
    expect(lines[at('short, seed 1')]).toMatch(/^ {2}├─ short, seed 1: /);
    expect(lines[at('long, seed 1')]).toMatch(/^ {2}└─ long, seed 1: /);
    expect(lines[at('short, seed 1') - 1]).toMatch(/^ {2}shared stages .*, seed 1: align/);
    expect(lines.at(-2)).toMatch(/^ {2}warning: .* seeds to tell an effect of the margin from none\.$/);
  });

  test('says sizes once where the arms share them, else of each arm', async () => {
    const { batchSize, parameters } = document;
    const counts = `${quantityText(parameters.total)} (vision `;
    const alike = planText(document);
    expect(alike).toContain(` steps of ${batchSize} examples; `);
    expect(alike.match(/^ {2}parameters /gm)).toHaveLength(1);

    const smaller = { recipe: { batchSize: 2, microBatchSize: 2 }, model: { language: { layers: 1 } } };
    const { length } = factors;
    const levels = { ...length.levels, narrow: { label: 'narrow', description: 'Narrow.', overlay: smaller } };
    const varied = planSuite(suiteOf({ factors: { length: { ...length, levels } }, hypotheses }), { seeds: 2 });
    const of = await planDocument(varied, { ...options, out: temporaryFolder() });
    expect(of.arms.map(({ arm, batchSize: examples }) => [arm, examples])).toEqual([
      ['short', batchSize],
      ['long', batchSize],
      ['narrow', 2],
    ]);
    expect(of.arms[2]!.parameters.language).toBeLessThan(parameters.language);
    const text = planText(of);
    expect(text).toContain(` steps of ${batchSize} examples in short, long and of 2 examples in narrow; `);
    const rows = text.split('\n').filter((line) => line.startsWith('  parameters '));
    expect(rows.map((line) => line.split(' in ')[1])).toEqual(['short, long', 'narrow']);
    expect(rows[0]).toContain(counts);
  });

  test('speaks of no power for a smoke run', async () => {
    const smoke = planSuite(suiteOf({ smoke: { seeds: 2, overlay: {} } }), { smoke: true });
    const { detectable, warnings }: PlanDocument = await planDocument(smoke, { ...options, out: temporaryFolder() });
    expect([detectable, warnings]).toEqual([[], []]);
  });
});

describe('recorded runs', () => {
  test('are known by their results, and leave the rest to do', async () => {
    const store = temporaryFolder();
    const plan = fakePlanOfAllWords({ smoke: true });
    const dataSets = await loadDataSets(
      fakeMachinery as Machinery,
      plan.runs.map(({ config }) => config),
    );
    const graph = runGraph(plan, tokenCounter(dataSets));
    const lookup = { store, dataSets, engineNumerics: async () => 'fake-numerics' };
    const none = graph.nodes.map(() => false);
    const unasked = { ...lookup, engineNumerics: () => Promise.reject(new Error('not needed')) };
    expect(await recordedNodes(graph, unasked)).toEqual(none);

    const jobs = await fakeJobs(store, plan);
    const interruption = { stop: new AbortController().signal, kill: new AbortController().signal };
    await executeRuns(jobs.slice(0, 1), { executor: fakeExecutor(interruption), jobs: 1, interruption });
    const recorded = await recordedNodes(graph, lookup);
    expect(recorded).toEqual(graph.nodes.map((_, index) => index === 0));

    const kinds = graph.nodes.flatMap(({ stages }) => stages.map(({ trainable }) => [...trainable].sort().join(' + ')));
    const calibration = {
      startSeconds: 0,
      training: Object.fromEntries(kinds.map((kind) => [kind, 1e9])),
      validation: 1e9,
      generation: 1e9,
      processorShare: 1,
    };
    const seconds = planSeconds(graph, calibration, { jobs: 1, recorded });
    const { trainingFlops, validationFlops, responseFlops } = graph.nodes[0]!;
    expect(seconds!.wall - seconds!.remaining).toBeCloseTo((trainingFlops + validationFlops + responseFlops) / 1e9, 6);
    expect(seconds!.wall).toBeCloseTo(seconds!.work, 6);

    // Each process loads the data once, however many runs it performs; nothing is loaded where nothing is left.
    const loading = { ...calibration, startSeconds: 3 };
    expect(planSeconds(graph, loading, { jobs: 1, recorded })!.wall).toBeCloseTo(seconds!.wall + 3, 6);
    expect(planSeconds(graph, loading, { jobs: 1, recorded })!.remaining).toBeCloseTo(seconds!.remaining + 3, 6);
    expect(planSeconds(graph, loading, { jobs: 1, recorded: recorded.map(() => true) })!.remaining).toBe(0);
  });
});

describe('quantities', () => {
  test.each([
    [0, '', '0'],
    [17, '', '17'],
    [1234, '', '1.23 k'],
    [999_600, 'B', '1.00 MB'],
    [56_789_000, 'FLOP', '56.8 MFLOP'],
    [4.56e14, 'FLOP', '456 TFLOP'],
    [2.5e21, 'FLOP', '2500 EFLOP'],
  ])('%s %s is written as %s', (value, unit, text) => expect(quantityText(value, unit)).toBe(text));

  test.each([
    [0.04, '0.0 s'],
    [9.94, '9.9 s'],
    [59.4, '59 s'],
    [59.6, '1 min 0 s'],
    [3599.6, '1 h 0 min'],
    [7300, '2 h 2 min'],
  ])('%s seconds are %s', (seconds, text) => expect(durationText(seconds)).toBe(text));
});
