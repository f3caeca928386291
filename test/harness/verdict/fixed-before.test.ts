import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { reproduce } from '../../../harness/experiment/reproduce.js';
import type { Statement } from '../../../harness/records/statement.js';
import { pilotSchema } from '../../../harness/suite/pilot-schema.js';
import { pilotText } from '../../../harness/suite/pilot-text.js';
import type { SuiteOrigin } from '../../../harness/suite/suite-origin.js';
import { decideFinding } from '../../../harness/verdict/decide-finding.js';
import { sha256 } from '../../../reference-model/files/hashing.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeExecutor, fakePlan, manualInterruption, temporaryFolder } from '../fake/fake-runs.js';
import { type Fabrication, fabricate, suiteOf } from '../report/fabricated-records.js';
import { deviation, onOff, paired } from '../report/made-up-suites.js';

const suite = suiteOf({ factors: onOff, hypotheses: [paired('better', {})] });
const pilot = pilotSchema.parse({
  schemaVersion: 1,
  suite: suite.id,
  dataSet: 'tiny-scenes',
  split: 'validation',
  code: 'none',
  ran: '2026-01-02',
  recipes: [{ recipe: 'this', outcome: 'good', chosen: true }],
  choice: 'Power.',
  scaled: [],
  runs: ['on', 'off'].flatMap((arm) =>
    [910001, 910002].map((seed) => ({ rate: 1, arm, seed, scores: { accuracy: seed % 7 } })),
  ),
});
const fixed: Statement = { suite: sha256('s'), pilot: sha256('p'), committed: true, at: 'commit 1' };

/** A benefit of 6 with little spread, for a margin of 0.5. */
const scores: Fabrication['scores'] = (arm, seed) => ({ accuracy: arm === 'on' ? 6 + 0.1 * deviation(seed) : 0 });

function decided(
  changes: { readonly statement?: Statement; readonly version?: number; readonly pilot?: boolean },
  runs: (arm: string, seed: number) => Statement | undefined = () => changes.statement,
) {
  const { statement, version, pilot: hasPilot = true } = changes;
  const { folder } = fabricate(temporaryFolder(), suite, {
    scores,
    provenance: (arm, seed) => {
      const own = runs(arm, seed);
      return own === undefined ? {} : { statement: own };
    },
    change: (reproduction) => ({
      ...reproduction,
      suite: { ...reproduction.suite, ...(version === undefined ? {} : { version }) },
      ...(hasPilot ? { pilot } : {}),
      ...(statement === undefined ? {} : { statement }),
    }),
  });
  const { decision, claims } = decideFinding(folder);
  expect(claims[0]!.decision.verdict).toBe(decision!.verdict);
  return decision!;
}

describe('a suite with a pilot', () => {
  test('decides on runs that were started when both were committed', () => {
    expect(decided({ statement: fixed }).verdict).toBe('reproduced');
    expect(decided({ statement: fixed, version: 2 }).verdict).toBe('reproduced');
  });

  test('decides on runs of another suite of the same commit, which it shares', () => {
    const other = { ...fixed, suite: sha256('other'), pilot: sha256('other pilot') };
    expect(decided({ statement: fixed }, (_, seed) => (seed === 1 ? other : fixed)).verdict).toBe('reproduced');
    const early = { ...other, at: 'commit 0' };
    expect(decided({ statement: fixed }, (_, seed) => (seed === 1 ? early : fixed))).toMatchObject({
      verdict: 'inconclusive',
      reasons: [expect.stringContaining('2 of the 12 runs were made before')],
    });
  });

  const noPilot: Statement = { suite: fixed.suite, committed: true, at: fixed.at };
  test.each([
    ['nothing says what it was made from', { version: 2, pilot: false }, undefined, 'before the suite had a pilot'],
    ['the pilot’s digest is missing', { statement: noPilot, version: 2 }, noPilot, 'before the suite had a pilot'],
    ['the pilot is there and its digest is not', { statement: noPilot }, noPilot, 'before the suite had a pilot'],
    [
      'something was not committed',
      { statement: { ...fixed, committed: false } },
      fixed,
      'not committed, or was changed',
    ],
    ['its runs are older', { statement: fixed }, undefined, 'the runs were made before'],
    [
      'its runs were started before the commit',
      { statement: fixed },
      { ...fixed, committed: false },
      'the runs were made before',
    ],
  ])('decides nothing where %s', (_, changes, own, reason) => {
    const decision = decided(changes, () => own);
    expect(decision.verdict).toBe('inconclusive');
    expect(decision.sentence).toMatch(/^Inconclusive: /);
    expect(decision.reasons[0]).toContain(reason);
  });

  test('of the first version without a pilot is decided as ever', () => {
    expect(decided({ pilot: false }).verdict).toBe('reproduced');
  });
});

test('runs of a pilot decide nothing', () => {
  const { folder } = fabricate(temporaryFolder(), suite, { scores, provenance: () => ({ pilot: true }) });
  expect(() => decideFinding(folder)).toThrow('the run is part of a pilot');
});

test('committing the suite after its runs does not make them evidence; new runs do', async () => {
  const folder = temporaryFolder();
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.org', ...args]);
  mkdirSync(join(folder, 'pilots'));
  const files = [join(folder, 'mine.yaml'), join(folder, 'pilots', 'mine.yaml')];
  const plan = fakePlan({ seeds: 2 });
  const scored = pilot.runs.map((run, index) => ({
    ...run,
    arm: index < 2 ? 'causal' : 'visual-bidirectional',
    scores: { 'CIDEr-D/ai-captions': index },
  }));
  const text = pilotText({ ...pilot, suite: plan.suite.id, runs: scored });
  writeFileSync(files[0]!, 'id: mine\n');
  writeFileSync(files[1]!, text);
  const origin: SuiteOrigin = {
    files,
    suite: sha256('id: mine\n'),
    pilot: { digest: sha256(text), content: pilotSchema.parse(parse(text)) },
  };
  const decide = async (out: string) => {
    const { folder } = await reproduce(
      { ...plan, origin },
      {
        out,
        jobs: 4,
        machinery: fakeMachinery,
        startExecutor: fakeExecutor,
        interruption: manualInterruption(),
        command: 'test',
      },
    );
    return decideFinding(folder).decision!.reasons.join(' ');
  };
  const store = temporaryFolder();
  git('init', '--quiet');
  expect(await decide(store)).toContain('was not committed, or was changed since');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'suite and pilot');
  expect(await decide(store)).toContain('the runs were made before the suite and its pilot were committed');
  expect(await decide(temporaryFolder())).not.toContain('Nothing is decided');
}, 120_000);
