import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { laterLooks, nextCommand } from '../../../harness/commands/print-jobs.js';
import { reproduce } from '../../../harness/experiment/reproduce.js';
import { nextLook, planLooks, plannedLooks, reproduceUntilDecided } from '../../../harness/experiment/until-decided.js';
import { type Reproduction, readReproduction } from '../../../harness/records/reproduction.js';
import { writeReport } from '../../../harness/report/write-report.js';
import { suiteComplaints } from '../../../harness/suite/checks/suite-rules.js';
import { readSuite } from '../../../harness/suite/find-suite.js';
import { type Plan, planSuite } from '../../../harness/suite/plan.js';
import type { Suite } from '../../../harness/suite/schema.js';
import { decideFinding } from '../../../harness/verdict/decide-finding.js';
import { tinySuite } from '../../e2e/command.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeExecutor, manualInterruption, temporaryFolder } from '../fake/fake-runs.js';

const tiny: Suite = { ...readSuite(tinySuite), reserveSeeds: [7, 8, 9, 10] };

const surroundings = (out: string) => ({
  out,
  machinery: fakeMachinery,
  startExecutor: fakeExecutor,
  interruption: manualInterruption(),
  jobs: availableParallelism(),
  command: 'vlm-bench run tiny.yaml --until-decided 9',
});

describe('the planned looks', () => {
  test('begin with the seeds of the suite, go on by two, and end with the most that was allowed', () => {
    expect(plannedLooks(tiny, 10)).toEqual([6, 8, 10]);
    expect(plannedLooks(tiny, 9)).toEqual([6, 8, 9]);
    expect(plannedLooks(tiny, 7)).toEqual([6, 7]);
  });

  test.each([
    [
      'fewer seeds than the suite has',
      tiny,
      6,
      'a whole number from 7 to 10: the seeds and reserve seeds that tiny fixes',
    ],
    [
      'more seeds than were declared',
      tiny,
      11,
      'a whole number from 7 to 10: the seeds and reserve seeds that tiny fixes',
    ],
    ['a suite without reserve seeds', { ...tiny, reserveSeeds: [] }, 8, 'a suite with reserveSeeds'],
    ['a benchmark', { ...tiny, hypotheses: [] }, 8, 'a suite with hypotheses'],
  ])('are refused for %s', (_, suite, most, expected) => {
    expect(() => plannedLooks(suite, most)).toThrow(`--until-decided ${most} is not possible\n  expected: ${expected}`);
  });
});

describe('the looks that a suite states', () => {
  const looking: Suite = { ...tiny, looks: [3, 4] };
  const seedsOf = (plans: readonly Plan[]) => plans.map(({ seeds }) => seeds.length);

  test('come before its last seed, and reserve seeds after it', () => {
    expect(seedsOf(planLooks(looking))).toEqual([3, 4, 6]);
    expect(seedsOf(planLooks(looking, 9))).toEqual([3, 4, 6, 8, 9]);
    expect(seedsOf(planLooks(looking, undefined, { seeds: 4 }))).toEqual([3, 4]);
    expect(seedsOf(planLooks({ ...tiny, looks: [6] }))).toEqual([6]);
    expect(seedsOf(planLooks(tiny))).toEqual([6]);
  });

  test('are not taken by a smoke run', () => {
    expect(seedsOf(planLooks(looking, undefined, { smoke: true }))).toEqual([looking.smoke.seeds]);
  });

  test('are left out where α leaves them nothing to decide with', () => {
    const seeds = Array.from({ length: 30 }, (_, index) => index + 1);
    expect(seedsOf(planLooks({ ...tiny, seeds, reserveSeeds: [], looks: [2, 15] }))).toEqual([15, 30]);
  });

  test('end a plain run at the first that decides, with the whole plan on disk before it is trained', async () => {
    const { folder } = await reproduceUntilDecided(planLooks(looking), {
      ...surroundings(temporaryFolder()),
      decide: () => ({ open: false, claims: { better: 'reproduced' } }),
    });
    const { looks, runs } = readReproduction(folder);
    expect(looks).toEqual({ planned: [3, 4, 6], taken: [] });
    expect(new Set(runs.map(({ seed }) => seed))).toEqual(new Set([1, 2, 3]));
  });

  test.each([
    [[4, 3], 'looks[1] must be more than the look before (4)'],
    [[7], 'looks[0] must not exceed the number of seeds (6)'],
    [[], undefined],
    [[3], undefined],
  ])('are held against the seeds: %o', (looks, expected) => {
    const found = suiteComplaints({ ...tiny, looks });
    expect(found.map(({ path, message }) => `${path[0]}[${path[1]}] ${message}`)[0]).toBe(expected);
  });

  test('are refused where they cannot decide, or nothing is decided', () => {
    const seeds = Array.from({ length: 30 }, (_, index) => index + 1);
    const messages = (suite: Suite) => suiteComplaints(suite).map(({ message }) => message);
    const many = { ...tiny, seeds, reserveSeeds: [], looks: [2, 15] };
    expect(messages(many)).toEqual(['comes too early: α leaves it nothing to decide with']);
    expect(messages({ ...tiny, hypotheses: [], looks: [3] })).toContain(
      'must be left out where there are no hypotheses: nothing is decided',
    );
  });
});

describe('a reproduction until it is decided', () => {
  test('adds reserve seeds look by look, and has the rule and the looks on disk before they are trained', async () => {
    const seen: Reproduction[] = [];
    const { folder } = await reproduceUntilDecided(planLooks(tiny, 9), {
      ...surroundings(temporaryFolder()),
      decide: (finished) => {
        seen.push(readReproduction(finished.folder));
        return { open: true, verdict: 'inconclusive' };
      },
    });
    const seedsOf = ({ runs }: Reproduction) => [...new Set(runs.map(({ seed }) => seed))];
    expect(seen.map(seedsOf)).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6, 7, 8],
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    ]);
    const look = (seeds: number) => ({ seeds, verdict: 'inconclusive' });
    expect(seen.map(({ looks }) => looks)).toEqual([
      { planned: [6, 8, 9], taken: [] },
      { planned: [6, 8, 9], taken: [look(6)] },
      { planned: [6, 8, 9], taken: [look(6), look(8)] },
    ]);
    const { view } = await writeReport(decideFinding(folder));
    expect(view.verdict!.reasons.join(' ')).toContain('look 3 of 3 planned ones (6, 8, 9 seeds)');
  });

  test('stops at the first look that decides', async () => {
    let looks = 0;
    const { folder } = await reproduceUntilDecided(planLooks(tiny, 10), {
      ...surroundings(temporaryFolder()),
      decide: () => {
        looks += 1;
        return { open: false, verdict: 'contradicted' };
      },
    });
    expect(looks).toBe(1);
    expect(new Set(readReproduction(folder).runs.map(({ seed }) => seed)).size).toBe(6);
  });
});

describe('the next look to perform', () => {
  const looks = planLooks(tiny, 9);
  const about = (out: string) => {
    const { startExecutor: _, interruption: __, ...preparing } = surroundings(out);
    return preparing;
  };

  test('is the first that lacks results, and the one after it where that leaves a claim open', async () => {
    const out = temporaryFolder();
    const open = { open: true, verdict: 'inconclusive' } as const;
    const first = await nextLook(looks, { ...about(out), decide: () => expect.unreachable() });
    expect([first.place, first.prepared.reproduction.looks]).toEqual([0, { planned: [6, 8, 9], taken: [] }]);
    expect(laterLooks(looks, first.place)).toEqual([
      expect.stringMatching(
        /look at 6 seeds; after it come looks at 8 seeds \(4 more runs\), 9 seeds \(6 more runs\)\./,
      ),
    ]);

    await reproduce(looks[0]!, { ...surroundings(out), looks: { planned: [6, 8, 9], taken: [] } });
    expect((await nextLook(looks, { ...about(out), decide: () => ({ ...open, open: false }) })).place).toBe(0);
    const second = await nextLook(looks, { ...about(out), decide: () => open });
    expect(second.place).toBe(1);
    expect(second.prepared.reproduction.looks!.taken).toEqual([{ seeds: 6, verdict: 'inconclusive' }]);
    expect(laterLooks(looks, 2)).toEqual([]);
  });

  test('is printed by the same command; when no look is left, the one without --print-jobs decides', () => {
    const typed = 'vlm-bench run own.yaml --print-jobs --out results';
    expect(nextCommand(true, typed)).toBe(typed);
    expect(nextCommand(false, typed)).toBe('vlm-bench run own.yaml --out results');
    expect(nextCommand(false, 'vlm-bench run own.yaml --print-jobs')).toBe('vlm-bench run own.yaml');
    expect(nextCommand(false, 'vlm-bench run a--print-jobs.yaml')).toBe('vlm-bench run a--print-jobs.yaml');
  });
});

describe('a reproduction with shared stages', () => {
  test('trains them once, records what was shared, and reports which run forked where', async () => {
    const [causal, bidirectional] = ['causal', 'visual-bidirectional'].map((maskKind) => ({
      label: maskKind,
      description: maskKind,
      overlay: { recipe: { stages: { adapt: { attentionMask: maskKind } } } },
    }));
    const factor = { label: 'mask', levels: { causal: causal!, 'visual-bidirectional': bidirectional! } };
    const stages = tiny.scales.embedded.recipe.stages.map((stage) => ({ attentionMask: 'causal' as const, ...stage }));
    const embedded = { ...tiny.scales.embedded, recipe: { ...tiny.scales.embedded.recipe, stages } };
    const suite = { ...tiny, factors: { 'attention-mask': factor }, scales: { embedded } } as Suite;
    const { folder } = await reproduce(planSuite(suite, { seeds: 2 }), surroundings(temporaryFolder()));
    const { prefixes, runs } = readReproduction(folder);
    expect(prefixes.map(({ steps, sharedBy }) => [steps, sharedBy])).toEqual([
      [10, 2],
      [10, 2],
    ]);
    const { view } = await writeReport(decideFinding(folder));
    expect(view.compute.stepsSaved).toBe(2 * 10);
    expect(view.runs.map(({ forkedFrom }) => forkedFrom)).toEqual(
      runs.map(({ seed }) => ({ runId: prefixes[seed - 1]!.runId, steps: 10 })),
    );
  });

  test('records the statistics of the texts where the suite asks for them', async () => {
    const plan = planSuite({ ...tiny, compareTexts: true }, { seeds: 2 });
    const { folder } = await reproduce(plan, surroundings(temporaryFolder()));
    expect(readReproduction(folder).prefixes).toEqual([]);
    expect(readReproduction(folder).texts?.map(({ label }) => label)).toEqual(['human captions', 'AI captions']);
  });
});
