import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { pilotSchema } from '../../../harness/suite/pilot-schema.js';
import { pilotText } from '../../../harness/suite/pilot-text.js';
import { readStatedSuite } from '../../../harness/suite/stated-suite.js';
import { temporaryFolder } from '../fake/fake-runs.js';

const suiteText = `extends: finding-1@1
id: mine
seeds: [1, 2, 3, 4, 5, 910009]
`;

const arms = ['causal', 'visual-bidirectional'];
const run = (rate: number, arm: string, seed: number, score = 5) =>
  `  - { rate: ${rate}, arm: ${arm}, seed: ${seed}, scores: { CIDEr-D/ai-captions: ${score} }, learnt: { color: 0.9 } }\n`;
const header = `schemaVersion: 1
suite: mine
dataSet: tiny-scenes
split: validation
code: vlm-bench 0.1.0
ran: 2026-01-02
recipes:
  - { recipe: half as many steps, outcome: shape is not learnt, chosen: false }
  - { recipe: as the suite states, outcome: all is learnt, chosen: true }
choice: Seeds differ least, and everything is learnt.
scaled: [joint, adapt]
runs:
`;
const runs = [910001, 910002].flatMap((seed) => arms.map((arm) => run(1, arm, seed)));
const pilotOf = (lines: readonly string[] = runs) => header + lines.join('');

function read(pilot: string | undefined) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'pilots'));
  const file = join(folder, 'mine.yaml');
  writeFileSync(file, suiteText);
  if (pilot !== undefined) writeFileSync(join(folder, 'pilots', 'mine.yaml'), pilot);
  return readStatedSuite(file);
}

/** Line and column of a text in the pilot. */
function place(pilot: string, text: string): string {
  const before = pilot.slice(0, pilot.indexOf(text)).split('\n');
  return `pilots/mine.yaml:${before.length}:${before.at(-1)!.length + 1}`;
}

describe('a pilot', () => {
  test('is found beside its suite, and a suite without one has none', () => {
    expect(read(undefined).origin.pilot).toBeUndefined();
    const { origin } = read(pilotOf());
    expect(origin.pilot?.content.runs).toHaveLength(4);
    expect(origin.pilot?.content.version).toBe(1);
    expect(origin.files.map((file) => file.split('/').slice(-2).join('/'))).toEqual([
      expect.stringMatching(/mine\.yaml$/),
      'suites/finding-1@1.yaml',
      'suites/base.yaml',
      'pilots/mine.yaml',
    ]);
  });

  test('has digests that follow the texts, not the place', () => {
    const [one, other] = [read(pilotOf()), read(pilotOf())];
    expect(one.origin.suite).toBe(other.origin.suite);
    expect(one.origin.pilot?.digest).toBe(other.origin.pilot?.digest);
    expect(read(`${pilotOf()}# a remark\n`).origin.pilot?.digest).not.toBe(one.origin.pilot?.digest);
    const folder = temporaryFolder();
    const file = join(folder, 'mine.yaml');
    writeFileSync(file, `${suiteText}# a remark\n`);
    expect(readStatedSuite(file).origin.suite).not.toBe(one.origin.suite);
  });

  test.each([
    ['of another suite', pilotOf().replace('suite: mine', 'suite: yours'), 'yours', 'suite must be mine'],
    [
      'of another version',
      pilotOf().replace('suite: mine', 'suite: mine\nversion: 2'),
      '2\ndataSet',
      'version must be 1',
    ],
    ['on other data', pilotOf().replace('tiny-scenes', 'easy-vqa'), 'easy-vqa', 'dataSet must be tiny-scenes'],
    [
      'on the split that decides',
      pilotOf().replace('split: validation', 'split: test'),
      'test\ncode',
      'split is the text "test"',
    ],
    ['with another arm', pilotOf().replace('arm: causal', 'arm: casual'), 'casual', 'did you mean "causal"?'],
    [
      'with another metric',
      pilotOf().replace('CIDEr-D/ai-captions', 'accuracy'),
      'scores: {',
      'must hold CIDEr-D/ai-captions, which mine decides on',
    ],
    ['with an unknown metric', pilotOf().replace('CIDEr-D/ai-captions', 'CIDEr'), 'CIDEr:', 'unknown key "CIDEr"'],
    ['with a seed of suites', pilotOf().replace('910001', '900001'), '900001', 'seed is 900001'],
    [
      'with a seed that its suite decides on',
      pilotOf([...runs, run(1, 'causal', 910009)]),
      '910009',
      'what is seen in a pilot must not decide',
    ],
    [
      'with a run twice',
      pilotOf([...runs, run(1, 'causal', 910001, 7)]),
      '910001, scores: { CIDEr-D/ai-captions: 7',
      'repeats seed 910001',
    ],
    ['with one seed', pilotOf(runs.slice(0, 2)), 'runs:', 'must hold two or more seeds of every arm'],
    ['of unpaired seeds', pilotOf(runs.slice(0, 3)), 'runs:', 'it holds 1'],
    ['of other rates only', pilotOf(runs.map((line) => line.replace('rate: 1', 'rate: 2'))), 'runs:', 'it holds 0'],
    [
      'without a choice',
      pilotOf().replace('chosen: true', 'chosen: false'),
      'recipes:',
      'exactly one as chosen, not 0',
    ],
    ['of another stage', pilotOf().replace('joint, adapt', 'joint, adopt'), 'adopt', 'did you mean "adapt"?'],
    ['with an unknown key', pilotOf().replace('choice:', 'chioce:'), 'chioce', 'did you mean "choice"?'],
  ])('%s is refused with its place', (_, pilot, at, message) => {
    const refused = () => read(pilot);
    expect(refused).toThrow(message);
    expect(refused).toThrow(place(pilot, at));
  });

  test('is written one run a line, and read back the same', () => {
    const pilot = pilotSchema.parse(parse(pilotOf()));
    const text = pilotText(pilot);
    expect(parse(text)).toEqual(pilot);
    expect(text.split('\n').filter((line) => line.includes('seed:'))).toHaveLength(pilot.runs.length);
  });
});
