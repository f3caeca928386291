import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planPilot } from '../../../harness/experiment/pilot-plan.js';
import { runPilot } from '../../../harness/experiment/run-pilot.js';
import { pilotComplaints } from '../../../harness/suite/checks/pilot-rules.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeExecutor, fakePlan, manualInterruption, temporaryFolder } from '../fake/fake-runs.js';
import { suiteOf } from '../report/fabricated-records.js';

const suite = suiteOf({});
const level = (label: string, overlay: object) => ({ label, description: `${label}.`, overlay });
const late = suiteOf({
  factors: {
    'attention-mask': {
      label: 'length',
      levels: {
        causal: level('short', {}),
        'visual-bidirectional': level('long', { recipe: { stages: { joint: { steps: 40 } } } }),
      },
    },
  },
});
const rateOf = (plan: ReturnType<typeof planPilot>, rate: number, stage: string) =>
  plan.runs
    .filter((run) => run.rate === rate)
    .map(({ config }) => config.recipe.stages.find(({ name }) => name === stage)!.learningRate.connector!);

describe('the plan of a pilot', () => {
  test('trains every arm at every rate with seeds of its own, on the validation split', () => {
    const { runs } = planPilot(suite, { seeds: 3, rates: [0.5, 1, 2] });
    expect(runs).toHaveLength(18);
    expect(new Set(runs.map(({ seed }) => seed))).toEqual(new Set([910001, 910002, 910003]));
    expect(runs.every(({ config, seed }) => config.seed === seed && config.evaluation.split === 'validation')).toBe(
      true,
    );
  });

  test('scales the rates behind the stages that all arms begin with, and shares those', () => {
    const plan = planPilot(late, { seeds: 2, rates: [0.5, 1] });
    expect(plan.scaled).toEqual(['joint', 'adapt']);
    const own = late.scales.embedded.recipe.stages.map(
      ({ name, learningRate }) => [name, learningRate.connector!] as const,
    );
    for (const [name, rate] of own) {
      const factor = plan.scaled.includes(name) ? 0.5 : 1;
      for (const scaled of rateOf(plan, 0.5, name)) expect(scaled).toBe(rate * factor);
      for (const same of rateOf(plan, 1, name)) expect(same).toBe(rate);
    }
    // One alignment for each seed, whatever arm and rate follow.
    const alignments = plan.prefixes.filter(({ stages }) => stages === 2);
    expect(alignments.map(({ sharedBy }) => sharedBy)).toEqual([4, 4]);
  });

  test('scales what it is told to, and everything where the arms share nothing', () => {
    expect(planPilot(suite, { seeds: 2, rates: [1] }).scaled).toEqual(['align', 'align-vision', 'joint', 'adapt']);
    expect(planPilot(late, { seeds: 2, rates: [1], scaled: ['adapt'] }).scaled).toEqual(['adapt']);
  });

  test('at the suite’s rates differs from the suite in seed and split alone', () => {
    const [run] = planPilot(suite, { seeds: 2, rates: [1] }).runs;
    const [own] = planSuite(suite).runs;
    const { split: _, ...evaluation } = own!.config.evaluation;
    expect(run!.config).toEqual({ ...own!.config, seed: 910001, evaluation: { ...evaluation, split: 'validation' } });
  });

  test('refuses suites that claim nothing and stages that are not there', () => {
    expect(() => planPilot({ ...suite, hypotheses: [] }, { seeds: 2, rates: [1] })).toThrow('states no hypothesis');
    expect(() => planPilot(suite, { seeds: 2, rates: [1], scaled: ['adopt'] })).toThrow('did you mean adapt?');
  });
});

describe('a pilot that was run', () => {
  test('is what its suite asks for, and its records say what they are', async () => {
    const store = temporaryFolder();
    const plan = planPilot(fakePlan().suite, { seeds: 2, rates: [1, 2] });
    const pilot = await runPilot(plan, {
      engine: 'auto',
      out: store,
      jobs: 4,
      machinery: fakeMachinery,
      interruption: manualInterruption(),
      startExecutor: fakeExecutor,
      today: '2026-01-02',
    });
    expect(pilotComplaints(pilot, plan.suite)).toEqual([]);
    expect(pilot.runs.map(({ rate, arm, seed }) => [rate, arm, seed])).toEqual(
      plan.runs.map(({ rate, arm, seed }) => [rate, arm, seed]),
    );
    for (const { run, scores, arm, seed } of pilot.runs) {
      const recorded = (name: string) => JSON.parse(readFileSync(join(store, 'runs', run!, name), 'utf8'));
      expect(recorded('provenance.json').pilot).toBe(true);
      expect(recorded('config.json').config.seed).toBe(seed);
      expect(arm).toBeTruthy();
      const { value } = recorded('result.json').scores['CIDEr-D/ai-captions'];
      expect(scores).toEqual({ 'CIDEr-D/ai-captions': value });
    }
    // Nothing that a report could decide on.
    expect(readdirSync(store).sort()).toEqual(['images', 'runs']);
  });
});
