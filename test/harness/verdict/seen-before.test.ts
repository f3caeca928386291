/** What a reproduction remembers of earlier ones in its folder, and what its page says of it. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type FinishedReproduction,
  type ReproduceOptions,
  reproduce as reproducePlan,
} from '../../../harness/experiment/reproduce.js';
import { planLooks, reproduceUntilDecided } from '../../../harness/experiment/until-decided.js';
import { readReproduction } from '../../../harness/records/reproduction.js';
import { writeReport } from '../../../harness/report/write-report.js';
import { readSuite } from '../../../harness/suite/find-suite.js';
import { planSuite } from '../../../harness/suite/plan.js';
import type { Suite } from '../../../harness/suite/schema.js';
import { decideFinding } from '../../../harness/verdict/decide-finding.js';
import { tinySuite } from '../../e2e/command.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeExecutor, manualInterruption, temporaryFolder } from '../fake/fake-runs.js';

const tiny: Suite = { ...readSuite(tinySuite), reserveSeeds: [7, 8, 9, 10] };
const withMargin = (margin: number): Suite => ({
  ...tiny,
  hypotheses: tiny.hypotheses.map((hypothesis) => ({ ...hypothesis, margin })),
});

const reproduce = (suite: Suite, { seeds, ...options }: ReproduceOptions & { readonly seeds?: number }) =>
  reproducePlan(planSuite(suite, seeds === undefined ? {} : { seeds }), options);

const surroundings = (out: string): ReproduceOptions => ({
  out,
  machinery: fakeMachinery,
  startExecutor: fakeExecutor,
  interruption: manualInterruption(),
  jobs: availableParallelism(),
  command: 'vlm-bench run tiny.yaml',
});

async function reasonsOf({ folder, reproduction }: FinishedReproduction): Promise<string> {
  const { view } = await writeReport(decideFinding(folder, reproduction));
  return view.verdict!.reasons.join(' ');
}

describe('what had been seen before', () => {
  test('is nothing the first time, and nothing when the same is asked again', async () => {
    const out = temporaryFolder();
    const first = await reproduce(tiny, surroundings(out));
    const again = await reproduce({ ...tiny, title: 'The same in other words' }, surroundings(out));
    for (const { reproduction } of [first, again]) {
      expect(reproduction).toMatchObject({ statedAfter: 0, decidedBefore: [] });
    }
    expect(await reasonsOf(again)).not.toContain('before');
  });

  test('is every score, when a hypothesis is written down after the runs', async () => {
    const out = temporaryFolder();
    await reproduce(tiny, surroundings(out));
    const changed = await reproduce(withMargin(0.01), surroundings(out));
    const runs = changed.reproduction.runs.length;
    expect(changed.reproduction).toMatchObject({ statedAfter: runs, decidedBefore: [{ seeds: 6, looks: [] }] });
    const reasons = await reasonsOf(changed);
    expect(reasons).toContain(`When this was written down, ${runs} of the ${runs} runs were finished`);
    expect(reasons).toContain(
      'It had been decided in this results folder before: with the same seeds, by another rule.',
    );
    // Nor is it forgotten when the folder is.
    rmSync(changed.folder, { recursive: true });
    expect((await reproduce(withMargin(0.02), surroundings(out))).reproduction.statedAfter).toBe(runs);
  });

  test('are decisions with fewer seeds, and looks that a plain run follows', async () => {
    const out = temporaryFolder();
    await reproduce(tiny, { ...surroundings(out), seeds: 4 });
    const looked = await reproduceUntilDecided(planLooks(tiny, 8), {
      ...surroundings(out),
      decide: () => ({ open: true, verdict: 'inconclusive' }),
    });
    // The look at six seeds was planned, and its part of α was spent on it.
    expect(looked.reproduction.decidedBefore?.map(({ seeds }) => seeds)).toEqual([4]);
    const plain = await reproduce(tiny, surroundings(out));
    expect(plain.reproduction.decidedBefore?.map(({ seeds, looks }) => [seeds, looks])).toEqual([
      [4, []],
      [8, [6, 8]],
    ]);
    expect(plain.reproduction.statedAfter).toBe(0);
    expect(await reasonsOf(plain)).toContain(
      'before: with 4 seeds; with 8 seeds, as one of the planned looks at 6, 8.',
    );
  });

  test('are decisions on runs of another recipe', async () => {
    const out = temporaryFolder();
    await reproduce(tiny, surroundings(out));
    const { embedded } = tiny.scales;
    const longer = { ...embedded, recipe: { ...embedded.recipe, validationExamples: 9 } };
    const other = await reproduce({ ...tiny, scales: { embedded: longer } }, surroundings(out));
    expect(other.reproduction.statedAfter).toBe(0);
    expect(await reasonsOf(other)).toContain('with the same seeds, on runs of another recipe.');
  });
});

describe('a reproduction that is not finished', () => {
  test('leaves the one before it readable, and goes on from what it had written down', async () => {
    const out = temporaryFolder();
    const { folder, reproduction } = await reproduce(tiny, { ...surroundings(out), seeds: 4 });
    const interruption = manualInterruption();
    interruption.requestStop();
    await expect(reproduce(withMargin(0.01), { ...surroundings(out), interruption })).rejects.toThrow(
      'stopped on request',
    );
    expect(readReproduction(folder)).toEqual(reproduction);
    const planned = () => readdirSync(folder).filter((name) => name.startsWith('planned-'));
    expect(planned()).toHaveLength(1);

    // Eight of its twelve runs were finished when it was written down, however many are now.
    await reproduce(tiny, surroundings(out));
    const finished = await reproduce(withMargin(0.01), surroundings(out));
    expect(finished.reproduction.statedAfter).toBe(8);
    // What was decided by another rule since is known as well, though the plan was written down before.
    expect(finished.reproduction.decidedBefore).toMatchObject([{ seeds: 4 }, { seeds: 6 }]);
    expect(readReproduction(folder)).toEqual(finished.reproduction);
    expect(planned()).toEqual([]);
    expect(existsSync(join(folder, 'reproduction.json'))).toBe(true);
  });

  test('is reported as it was asked for, whatever another command writes meanwhile', async () => {
    const out = temporaryFolder();
    const six = await reproduce(tiny, surroundings(out));
    await reproduce(tiny, { ...surroundings(out), seeds: 4 });
    const { view } = await writeReport(decideFinding(six.folder, six.reproduction));
    expect(view.runs).toHaveLength(12);
  });
});
