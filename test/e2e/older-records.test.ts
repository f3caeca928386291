/** Records of the version before this layout: every command that reads finished runs still reads them. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lastLine, newFolder, runCommand, runIdsOf } from './command.js';

const folder = newFolder();
const store = join(folder, 'store');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  cpSync(fileURLToPath(new URL('../fixtures/older-records', import.meta.url)), store, { recursive: true });
  for (const runId of runIdsOf(store)) {
    const checkpoints = join(store, 'runs', runId, 'checkpoints');
    mkdirSync(checkpoints);
    writeFileSync(join(checkpoints, 'step-0000012-0123456789abcdef.safetensors'), 'of one file');
  }
});

const runAt = (index: number) => join(store, 'runs', runIdsOf(store)[index]!);

async function succeed(...args: readonly string[]) {
  const outcome = await runCommand(args, folder);
  expect({ exitCode: outcome.exitCode, stderr: outcome.stderr }).toMatchObject({ exitCode: 0 });
  return outcome;
}

test('report shows their images', async () => {
  await succeed('report', store, '--out', join(folder, 'report'));
  const page = readFileSync(join(folder, 'report', 'tiny', 'index.html'), 'utf8');
  expect(page.match(/data:image\/png;base64,/g)).toHaveLength(3);
});

test('publish makes pages of them, with their images', async () => {
  await succeed('publish', store, '--out', join(folder, 'site'));
  expect(readdirSync(join(folder, 'site', 'runs'))).toEqual(expect.arrayContaining([...runIdsOf(store)]));
  const pictures = readdirSync(join(folder, 'site', 'images'), { recursive: true, encoding: 'utf8' });
  expect(pictures.filter((name) => name.endsWith('.png'))).toHaveLength(3);
});

test('compare and gate read them', async () => {
  const metric = 'CIDEr-D/ai-captions';
  const { stdout } = await succeed(
    'compare',
    runAt(0),
    runAt(1),
    '--metric',
    metric,
    '--json',
    '--out',
    join(folder, 'comparison'),
  );
  expect(JSON.parse(stdout).systems).toHaveLength(2);
  const baseline = join(folder, 'baseline.json');
  const accept = ['--baseline', baseline, '--metric', metric, '--reason', 'first'];
  await succeed('gate', 'accept', '--candidate', runAt(0), ...accept);
  await succeed('gate', '--candidate', runAt(0), '--baseline', baseline);
});

test('generate loads their weights, and tells damaged ones', async () => {
  const [picture] = readdirSync(join(folder, 'site', 'images'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.png'),
  );
  const image = join(folder, 'site', 'images', picture!);
  expect((await succeed('generate', '--checkpoint', runAt(0), '--image', image)).stdout).toMatch(/^.*\n$/);
  const weights = join(runAt(1), 'weights.safetensors');
  writeFileSync(weights, readFileSync(weights).subarray(0, 1000));
  const refused = await runCommand(['generate', '--checkpoint', runAt(1), '--image', image], folder);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('error: the file was changed after the run had finished');
  expect(lastLine(refused)).toContain('fix:');
});
