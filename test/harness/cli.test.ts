import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './fake/fake-runs.js';

const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');

async function vlmBench(...args: readonly string[]) {
  const cwd = temporaryFolder();
  const { exitCode, stdout, stderr } = await execaNode(cli, args, { reject: false, nodeOptions: [], cwd });
  return { exitCode, stdout, stderr, cwd };
}

describe('the command line', () => {
  test('prints its version and its help on stdout', async () => {
    const version = await vlmBench('--version');
    expect(version).toMatchObject({ exitCode: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+$/);
    const help = await vlmBench('--help');
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    for (const command of ['reproduce', 'run', 'plan', 'train', 'generate', 'report', 'data', 'doctor']) {
      expect(help.stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    }
  });

  test.each([
    ['an unknown command', ['reprodcue'], "error: unknown command 'reprodcue'\n  fix:      did you mean reproduce?"],
    [
      'an unknown flag',
      ['plan', '--fnding', '1'],
      "error: unknown option '--fnding'\n  fix:      did you mean --finding?",
    ],
    [
      'a missing flag',
      ['reproduce'],
      "error: required option '--finding <number>' not specified\n  fix:      see `vlm-bench --help` and `vlm-bench COMMAND --help`",
    ],
    [
      'a bad number',
      ['reproduce', '--finding', '1', '--jobs', '0'],
      "error: option '--jobs <n>' argument '0' is invalid. It must be a whole number of at least 1.\n  fix:      see `vlm-bench --help` and `vlm-bench COMMAND --help`",
    ],
    [
      'impossible seeds',
      ['plan', '--finding', '1', '--seeds', '9'],
      'error: --seeds 9 is not possible\n  expected: a whole number from 1 to 8, the seeds that finding-1 fixes\n  fix:      choose a number in that range, or add seeds to a copy of the suite',
    ],
    [
      'no suite',
      ['plan'],
      'error: no suite is named\n  expected: SUITE.yaml or --finding N\n  fix:      name one of the two',
    ],
    [
      'a data set that the suite does not speak of',
      ['plan', '--finding', '2', '--data', 'easy-vqa'],
      'error: finding-2 has no settings for the data set easy-vqa\n  expected: one of tiny-scenes-2\n  fix:      choose another --data',
    ],
    [
      'a calibration of what cannot be trained',
      ['plan', '--finding', '1', '--scale', 'paper', '--calibrate'],
      'error: the paper scale cannot be calibrated here: its hardware and utilisation stand in the suite\n  expected: --scale embedded\n  fix:      leave out --calibrate, or plan the embedded scale',
    ],
    [
      'a smoke run of what cannot be trained',
      ['plan', '--finding', '1', '--scale', 'paper', '--smoke'],
      'error: the paper scale has no smoke runs: the suite shortens the embedded scale only\n  expected: --scale embedded\n  fix:      leave out --smoke, or plan the embedded scale',
    ],
  ])('ends in 2 for %s and leaves stdout empty', async (_, args, stderr) => {
    expect(await vlmBench(...args)).toMatchObject({ exitCode: 2, stdout: '', stderr });
  });

  test.each([
    [
      'a suite that is not there',
      ['plan', 'none.yaml'],
      /^error: there is no suite file none\.yaml, and the package has no suite of that name\n {2}expected: a YAML file, or one of easy-vqa, finding-1, /,
    ],
    [
      'records that are not there',
      ['report', 'nowhere', '--out', 'site'],
      /^error: there are no records of a reproduction here\n {2}where: {4}.*nowhere\n {2}expected: /,
    ],
    [
      'a data set without its folder',
      ['data', 'verify', 'easy-vqa'],
      /^error: The data set easy-vqa is read from disk/,
    ],
    [
      'a scale whose data and weights are not there',
      ['reproduce', '--finding', '1', '--scale', 'paper'],
      /^error: the data set coco-karpathy is not there\n/,
    ],
  ])('ends in 1 for %s, without a stack trace, and writes nothing', async (_, args, stderr) => {
    const outcome = await vlmBench(...args);
    expect(outcome).toMatchObject({ exitCode: 1, stdout: '' });
    if (typeof stderr === 'string') expect(outcome.stderr).toBe(stderr);
    else expect(outcome.stderr).toMatch(stderr);
    expect(outcome.stderr).not.toMatch(/^ {4}at /m);
    expect(readdirSync(outcome.cwd)).toEqual([]);
  });

  test('adds the stack trace for --debug, before or after the command', async () => {
    for (const args of [
      ['--debug', 'plan', 'none.yaml'],
      ['plan', 'none.yaml', '--debug'],
    ]) {
      expect((await vlmBench(...args)).stderr).toMatch(/^ {4}at /m);
    }
  });

  test('plans as one JSON document and as text', async () => {
    const json = await vlmBench('plan', '--finding', '1', '--json');
    expect(json).toMatchObject({ exitCode: 0, stderr: '' });
    const { suite, runs } = JSON.parse(json.stdout);
    expect(suite).toBe('finding-1');
    expect(runs).toHaveLength(16);
    const text = await vlmBench('plan', '--finding', '1');
    expect(text.stdout).toContain('16 runs');
    expect(text.stdout).toContain('visual-bidirectional, seed 8');
  });

  test('plans the paper scale without data', async () => {
    const outcome = await vlmBench('plan', 'finding-4@1', '--data', 'easy-vqa', '--scale', 'paper', '--json');
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ schemaVersion: 1, suite: 'finding-4@1', scale: 'paper' });
  });

  test('plans a suite file of the user', async () => {
    const shipped = join(createRequire(import.meta.url).resolve('#package/package.json'), '../suites/finding-1.yaml');
    const outcome = await vlmBench('plan', shipped, '--smoke', '--json');
    expect(JSON.parse(outcome.stdout)).toMatchObject({ smoke: true });
    expect(JSON.parse(outcome.stdout).runs).toHaveLength(4);
  });
});
