/** `vlm-bench evaluate` from the command line: kills, exit codes, files of predictions, and evaluations as systems of `gate` and `compare`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EvaluationRecord } from '../../../harness/records/evaluation-record.js';
import { lastLine, type Outcome, runCommand, startCommand } from '../../e2e/command.js';
import { newFolder, writeIn } from '../systems/system-files.js';
import { captionData, commandOf } from './small-data.js';

const IMAGES = 30;
const folder = newFolder();
const program = `command:${commandOf()}`;
const base = ['evaluate', 'flickr8k-caption', '--data-root', 'data', '--resamples', '200'];

beforeAll(async () => {
  await captionData(join(folder, 'data'), IMAGES);
});

const evaluate = (...args: readonly string[]) => runCommand([...base, ...args], folder);
const recordOf = ({ stdout }: Outcome) => JSON.parse(stdout) as EvaluationRecord & { asked: number; folder: string };

test('a killed evaluation goes on where it stopped', async () => {
  process.env.ASKED = join(folder, 'asked');
  const args = [...base, '--model', program, '--out', 'killed'];
  const killed = startCommand(args, folder);
  const asked = () =>
    existsSync(process.env.ASKED!) ? readFileSync(process.env.ASKED!, 'utf8').trim().split('\n') : [];
  while (asked().length < 8) await new Promise((resolve) => setTimeout(resolve, 2));
  killed.killGroup();
  await killed.ended;
  const before = asked().length;
  const { exitCode, stdout } = await runCommand([...args, '--json'], folder);
  expect(exitCode).toBe(0);
  const record = JSON.parse(stdout);
  expect(record.outcomes.text).toBe(IMAGES);
  // Only the one that was under way may be asked twice.
  expect(asked().length).toBeLessThanOrEqual(IMAGES + 1);
  expect(record.asked).toBeGreaterThanOrEqual(IMAGES - before);
  const again = await runCommand([...args, '--json'], folder);
  expect(JSON.parse(again.stdout).asked).toBe(0);
  delete process.env.ASKED;
});

describe('exit codes and what is printed', () => {
  test('0 with a table, the page last', async () => {
    const outcome = await evaluate('--model', program, '--label', 'a <b>model</b>', '--prices', '1,2');
    expect(outcome.exitCode).toBe(0);
    expect(outcome.stdout).toMatch(/status +complete\nCIDEr-D +\d\.\d{4} +95 % interval/);
    const page = readFileSync(lastLine(outcome), 'utf8');
    expect(page).toContain('a &lt;b&gt;model&lt;/b&gt;');
    expect(page).not.toContain('<b>model');
    expect(page).toContain('data:image/png;base64,');
    expect(page).toContain('Cost, by the prices given');
    expect(page).toContain('greedy, at most 64 tokens; a cut answer is not scored');
  });

  test('1 while answers are missing, with the reasons; 0 where they are allowed, and the page says so', async () => {
    const model = `command:${commandOf('--mixed')}`;
    const denied = await evaluate('--model', model, '--label', 'mixed');
    expect(denied.exitCode).toBe(1);
    expect(denied.stderr).toContain('failed 6 times: the command says: out of memory');
    expect(denied.stderr).toContain('incomplete: 24 of 30 have no answer that is scored');
    const allowed = await evaluate('--model', model, '--label', 'mixed', '--allow-failures', '0.8');
    expect(allowed.exitCode).toBe(0);
    const page = readFileSync(lastLine(allowed), 'utf8');
    expect(page).toContain('24 of 30 have no answer that is scored; this was allowed');
  });

  test.each([
    ['an unknown kind', ['--model', 'comand:x'], 2, /did you mean|write for example --model 'command:/],
    ['no kind', ['--model', 'gpt'], 2, /record:FOLDER, command:COMMAND, http:URL or predictions:FILE/],
    ['an unknown variant', ['--model', program, '--variant', 'helm'], 2, /flickr8k-caption has no variant "helm"/],
    ['a share above 1', ['--model', program, '--allow-failures', '2'], 2, /number from 0 to 1/],
    ['a file that is missing', ['--model', 'predictions:none.json'], 1, /there is no file none.json/],
  ])('%s is refused', async (_, args, code, message) => {
    const { exitCode, stderr } = await evaluate(...args);
    expect(exitCode).toBe(code);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test('a data set that is missing is refused with what has to be fetched', async () => {
    const { exitCode, stderr } = await runCommand(
      ['evaluate', 'coco-caption', '--data-root', 'data', '--model', program],
      folder,
    );
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/coco-karpathy is not complete[\s\S]*dataset_coco\.json/);
  });
});

describe('predictions', () => {
  const captions = Array.from({ length: IMAGES }, (_, index) => ({
    image_id: `${index + 1}.jpg`,
    caption: index % 3 === 0 ? 'An animal moves over grass .' : `A dog number ${index} runs .`,
  }));

  test('score as `score captions` scores them against the same references', async () => {
    const file = writeIn(folder, 'predictions.json', captions);
    const record = recordOf(await evaluate('--model', `predictions:${file}`, '--json'));
    const references = writeIn(
      folder,
      'references.json',
      captions.map(({ image_id }, index) => ({
        image_id,
        captions: [`A dog number ${((index + 1) * 7) % 97} runs .`, 'An animal moves over grass .'],
      })),
    );
    const scored = JSON.parse(
      (
        await runCommand(
          ['score', 'captions', '--references', references, '--predictions', file, '--json', '--resamples', '0'],
          folder,
        )
      ).stdout,
    );
    for (const { name, score } of record.scores) expect(score).toBe(scored.metrics[name].score);
    expect(record.asked).toBe(IMAGES);
  });

  test('that are missing, or that another tool wrote for a failure, are failures', async () => {
    const some = captions.slice(0, -2);
    const file = writeIn(folder, 'some.json', [
      ...some.slice(1),
      { image_id: '1.jpg', caption: 'Failed to obtain answer via API.' },
    ]);
    const outcome = await evaluate('--model', `predictions:${file}`, '--json');
    expect(outcome.exitCode).toBe(1);
    const { outcomes, failures } = recordOf(outcome);
    expect(outcomes).toMatchObject({ text: IMAGES - 3, failed: 3 });
    expect(failures).toEqual([
      { reason: 'the file has no prediction for it', times: 2 },
      { reason: 'the file says: Failed to obtain answer via API.', times: 1 },
    ]);
  });

  test('for other images are refused', async () => {
    const file = writeIn(folder, 'others.json', [{ image_id: '77.jpg', caption: 'A dog .' }]);
    const { exitCode, stderr } = await evaluate('--model', `predictions:${file}`);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/1 of 1 prediction is for nothing that the benchmark asks: 77\.jpg[\s\S]*1\.jpg/);
  });
});

describe('evaluations as systems', () => {
  let complete: string;
  let other: string;
  let mixed: string;

  beforeAll(async () => {
    const folderOf = async (...args: readonly string[]) => dirname(lastLine(await evaluate(...args)));
    complete = await folderOf('--model', program, '--label', 'one');
    const file = writeIn(
      folder,
      'right.json',
      Array.from({ length: IMAGES }, (_, index) => ({
        image_id: `${index + 1}.jpg`,
        caption: `A dog number ${((index + 1) * 7) % 97} runs .`,
      })),
    );
    other = await folderOf('--model', `predictions:${file}`, '--label', 'two');
    mixed = await folderOf('--model', `command:${commandOf('--mixed')}`, '--label', 'three');
  });

  test('are compared, and gate as candidates', async () => {
    const compared = await runCommand(
      ['compare', complete, other, '--out', 'comparison', '--json', '--resamples', '200'],
      folder,
    );
    expect(compared.stderr).toContain('index.html');
    const view = JSON.parse(compared.stdout);
    expect(view.systems.map(({ label }: { label: string }) => label)).toEqual(['one', 'two']);
    expect(view.metrics[0].name).toBe('CIDEr-D');
    const accept = [
      'gate',
      'accept',
      '--candidate',
      other,
      '--baseline',
      'base.json',
      '--reason',
      'r',
      '--accepted-by',
      'Ann',
    ];
    expect((await runCommand(accept, folder)).exitCode).toBe(0);
    const gate = ['gate', '--baseline', 'base.json', '--resamples', '200', '--candidate'];
    expect((await runCommand([...gate, other], folder)).exitCode).toBe(0);
    expect((await runCommand([...gate, complete], folder)).exitCode).toBe(3);
  });

  test('are refused while they are incomplete, and where their settings differ', async () => {
    const incomplete = await runCommand(['compare', complete, mixed, '--out', 'c2'], folder);
    expect(incomplete.exitCode).toBe(1);
    expect(incomplete.stderr).toContain('the evaluation is incomplete: 24 of 30 have no answer that is scored');
    const part = dirname(
      lastLine(await evaluate('--model', program, '--label', 'one', '--limit', '5', '--out', 'part')),
    );
    const differs = await runCommand(['compare', complete, part, '--out', 'c3'], folder);
    expect(differs.exitCode).toBe(1);
  });
});
