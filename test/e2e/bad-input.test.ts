/**
 * Bad input that only shows in the process of a run: what the command line says then, and that nothing is half-written. The package
 * is copied, so that its shipped files can be damaged.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listCheckpoints } from '../../harness/records/checkpoints.js';
import { runPaths } from '../../harness/records/run-paths.js';
import { decisiveFiles, newFolder, runCommand, runIdsOf, tinySuite } from './command.js';

const root = dirname(createRequire(import.meta.url).resolve('#package/package.json'));
const folder = newFolder();
const copy = join(folder, 'package');
const backbone = join(copy, 'reference-model/weights/vision.safetensors');

beforeAll(() => {
  mkdirSync(copy);
  for (const name of ['package.json', 'dist', 'suites', 'reference-model', 'reports']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a shipped backbone', () => {
  const reproduceCopy = async (out: string) => {
    const cli = join(copy, 'dist/harness/cli.js');
    const args = ['reproduce', '--finding', '1', '--smoke', '--jobs', '1', '--out', join(folder, out)];
    const outcome = await runCommand(args, folder, cli);
    const results = runIdsOf(join(folder, out)).filter((id) => existsSync(runPaths(join(folder, out), id).result));
    expect(results).toEqual([]);
    return outcome;
  };

  test('that is truncated ends the run with its name and what is wrong', async () => {
    const bytes = readFileSync(backbone);
    writeFileSync(backbone, bytes.subarray(0, bytes.length - 100));
    const { exitCode, stderr } = await reproduceCopy('truncated');
    writeFileSync(backbone, bytes);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^error: the pretrained vision backbone of the package is damaged\n {2}where: {4}.*\/reference-model\/weights\/vision\.safetensors\n {2}fix: {6}install the package again$/m,
    );
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  test('that is missing ends the run with what to do', async () => {
    rmSync(backbone);
    const { exitCode, stderr } = await reproduceCopy('missing');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^error: Cannot find module '.*vision\.safetensors'\n {2}fix: {6}install the package again: a file of it is missing$/m,
    );
  });
});

describe('a checkpoint', () => {
  test('that was damaged while the run was stopped says what to delete; then the run ends with the same bytes', async () => {
    const store = join(folder, 'store');
    const args = ['run', tinySuite, '--seeds', '2', '--jobs', '2', '--out', store];
    expect(await runCommand(args, folder)).toMatchObject({ exitCode: 0 });
    const whole = decisiveFiles(store);

    // As the run was before it ended, its last checkpoint cut off.
    const paths = runPaths(store, runIdsOf(store)[0]!);
    rmSync(paths.result);
    const [last] = listCheckpoints(paths.checkpoints);
    const [shard] = readdirSync(last!.folder).filter((name) => name.startsWith('optimizer-'));
    writeFileSync(join(last!.folder, shard!), readFileSync(join(last!.folder, shard!)).subarray(0, 1000));
    const refused = await runCommand(args, folder);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /^error: .*, seed \d: the checkpoint is damaged: its bytes do not match their digests$/m,
    );
    expect(refused.stderr).toContain(
      [
        `  where:    ${last!.folder}`,
        '  fix:      delete this folder and run again; the run resumes from the checkpoint before it, or from the start',
      ].join('\n'),
    );
    expect(existsSync(paths.result)).toBe(false);
    expect(readdirSync(paths.lock)).toEqual([]);

    rmSync(last!.folder, { recursive: true });
    expect(await runCommand(args, folder)).toMatchObject({ exitCode: 0 });
    expect(decisiveFiles(store)).toEqual(whole);
  });
});

describe('a place that cannot hold results', () => {
  test('is named', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { exitCode, stdout, stderr } = await runCommand(['run', tinySuite, '--seeds', '2', '--out', file], folder);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: [
        'error: the operating system refuses to mkdir: not a directory',
        `  where:    ${join(file, 'images')}`,
        '  fix:      check the path and its permissions, then run the same command again\n',
      ].join('\n'),
    });
  });
});
