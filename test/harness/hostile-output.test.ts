/** Every command with hostile text in every field that it may print: no line of its output is obeyed by anything. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Outcome, runCommand } from '../e2e/command.js';
import { commandsIn, hostileArgument, hostileText } from './hostile-text.js';
import { captionFiles, newFolder, writeIn } from './systems/system-files.js';

const folder = newFolder();
/** As the name of a file: shorter than the 255 bytes that a folder takes, and without slashes. */
const hostileName = hostileArgument.replaceAll('/', '|').slice(0, 150);
const tinySuite = readFileSync(fileURLToPath(new URL('../fixtures/suites/tiny.yaml', import.meta.url)), 'utf8');
const quoted = JSON.stringify(hostileText.replaceAll('\u0000', ''));

const image = (id: unknown, score: number, text = hostileText) => ({
  id,
  scores: { Made: score },
  items: [{ group: 'captions', references: [text], texts: [text] }],
});
const scores = (label: string, shift: number, ids: readonly unknown[]) => ({
  format: 'vlm-bench scores 1',
  label,
  metrics: { Made: { signature: hostileText } },
  images: ids.map((id, index) => image(id, 1 + shift + (index % 5) / 10 + (shift === 0 ? 0 : (index % 3) / 7))),
});
const ids = Array.from({ length: 60 }, (_, index) => `${index}${hostileText}`);

beforeAll(() => {
  captionFiles(folder, 8);
  writeIn(folder, 'one.json', scores(hostileText, 0, ids));
  writeIn(folder, 'two.json', scores(`${hostileText}2`, -0.4, ids));
  writeIn(folder, 'twice.json', scores('twice', 0, [...ids, ids[0]]));
  writeIn(folder, 'fewer.json', scores('fewer', 0, ids.slice(1)));
  writeIn(folder, 'unknown-key.json', { ...scores('x', 0, ids), [hostileText]: 1 });
  writeIn(folder, 'metric.json', { ...scores('x', 0, ids), metrics: { [hostileText]: { signature: 'x' } } });
  writeIn(folder, 'format.json', { format: hostileText });
  writeIn(folder, 'syntax.json', `{"a": ${hostileArgument}}`);
  const captions = [
    { image_id: hostileText, caption: hostileText },
    { image_id: hostileText, caption: hostileText },
  ];
  writeIn(folder, 'captions.json', captions);
  writeIn(folder, 'caption.json', captions.slice(1));
  writeIn(folder, 'references.jsonl', `${JSON.stringify({ image_id: hostileText, caption: hostileText })}\n`);
  writeIn(folder, 'table.csv', `image_id,caption,"${hostileArgument}"\n1,a,b,c\n`);
  const questions = [{ question_id: hostileText, image: hostileText, question: hostileText, answer: hostileText }];
  writeIn(folder, 'questions.json', questions);
  writeIn(folder, 'answers.json', [{ question_id: `other${hostileText}`, answer: hostileText }]);
  writeIn(folder, hostileName, hostileText);
  mkdirSync(join(folder, `results-${hostileName}`, 'runs', hostileName), { recursive: true });
  writeFileSync(join(folder, `results-${hostileName}`, 'runs', hostileName, 'config.json'), hostileText);
  const said = (found: string, value: string) => tinySuite.replace(found, `${found.split(':')[0]}: ${value}`);
  writeIn(folder, 'title.yaml', said('title: No attention mask on visual inputs, in twelve steps', quoted));
  writeIn(
    folder,
    'texts.yaml',
    tinySuite
      .replace(/claim: .*/, `claim: ${quoted}`)
      .replaceAll(/(label|description|statement|citation): .*/g, (_, key) => `${key}: ${quoted}`),
  );
  writeIn(folder, 'key.yaml', `${tinySuite}\n${quoted}: 1\n`);
  writeIn(folder, 'level.yaml', tinySuite.replaceAll('visual-bidirectional:', `${quoted}:`));
  writeIn(folder, 'metric.yaml', tinySuite.replace('CIDEr-D/ai-captions', quoted));
  writeIn(folder, 'syntax.yaml', `a: [${quoted}\nb: "\u001b[31m##vso[x]\n::error::x`);
});

const scored = ['--references', 'references.json'];
const accept = (...more: readonly string[]) => [
  ...['gate', 'accept', '--candidate', 'one.json', '--baseline', 'base.json', '--margin', '0.1'],
  ...['--reason', hostileArgument, '--accepted-by', hostileArgument, ...more],
];

/** What comes to its end, with its exit code; in order: the baseline is accepted before it is gated on. */
const finished: readonly (readonly [args: readonly string[], exitCode: number])[] = [
  [['score', 'captions', '--references', 'references.jsonl', '--predictions', 'caption.json'], 0],
  [['score', 'captions', '--references', 'references.jsonl', '--predictions', 'caption.json', '--json'], 0],
  [['publish', `results-${hostileName}`, '--out', 'site'], 0],
  [['plan', 'title.yaml'], 0],
  [['plan', 'title.yaml', '--json'], 0],
  [['plan', 'texts.yaml'], 0],
  [accept(), 0],
  [accept('--json'), 0],
  [['gate', '--candidate', 'one.json', '--baseline', 'base.json'], 0],
  [['gate', '--candidate', 'two.json', '--baseline', 'base.json'], 3],
  [['gate', '--candidate', 'two.json', '--baseline', 'base.json', '--json'], 3],
  [['gate', '--candidate', 'two.json', '--baseline', 'base.json', '--label', hostileArgument], 3],
  [['gate', '--candidate', 'two.json', '--minimum', '9'], 3],
  [['gate', 'calibrate', `${hostileArgument.replace(/[=/#,]/g, '')}=one.json`, 'two.json'], 0],
  [['gate', 'calibrate', 'one.json', 'two.json'], 0],
  [['gate', 'calibrate', 'one.json', 'two.json', '--json'], 0],
  [['compare', 'one.json', 'two.json', '--out', 'compared'], 0],
  [['compare', 'one.json', 'two.json', '--out', 'compared', '--json'], 0],
  [['compare', 'one.json', 'two.json', '--out', `compared-${hostileName}`], 0],
];

/** What is refused, with 1 or 2. */
const refused: readonly (readonly string[])[] = [
  // Arguments.
  [hostileArgument],
  [`--${hostileArgument}`],
  ['plan', `--${hostileArgument}`],
  ['plan', '--seeds', hostileArgument],
  ['plan', '--finding', hostileArgument],
  ['plan', hostileArgument],
  ['plan', hostileName],
  ['run', hostileArgument],
  ['reproduce', '--finding', '1', '--jobs', hostileArgument],
  ['reproduce', '--finding', '2', '--data', hostileArgument],
  ['train', hostileName],
  ['train', hostileArgument],
  ['generate', '--checkpoint', hostileName, '--image', hostileName],
  ['report', hostileArgument, '--out', 'site'],
  ['report', `results-${hostileName}`, '--out', hostileName],
  ['publish', hostileArgument, '--out', 'site'],
  ['publish', `results-${hostileName}`, '--out', hostileName],
  ['publish', 'results', '--out', 'site', '--base-url', hostileArgument],
  ['data', hostileArgument],
  ['data', 'verify', hostileArgument],
  ['data', 'verify', 'easy-vqa', '--data-root', hostileName],
  ['data', 'prepare', 'tiny-scenes', '--out', hostileName],
  ['pretrain', '--out', join(hostileName, hostileName)],
  ['tokenize', `--${hostileArgument}`],
  ['doctor', hostileArgument],
  ['schema', hostileArgument],
  ['--debug', 'plan', hostileArgument],
  // Captions and answers.
  ['score', 'captions', '--references', hostileName, '--predictions', 'predictions-1.json'],
  ['score', 'captions', ...scored, '--predictions', hostileArgument],
  ['score', 'captions', ...scored, '--predictions', 'captions.json'],
  ['score', 'captions', ...scored, '--predictions', 'caption.json'],
  ['score', 'captions', ...scored, '--predictions', 'syntax.json'],
  ['score', 'captions', ...scored, '--predictions', 'table.csv'],
  ['score', 'captions', '--references', 'references.jsonl', '--predictions', 'captions.json'],
  ['score', 'captions', ...scored, '--predictions', 'predictions-1.json', '--metrics', hostileArgument],
  ['score', 'captions', ...scored, '--predictions', 'predictions-1.json', '--split', hostileArgument],
  ['score', 'captions', ...scored, '--predictions', 'predictions-1.json', '--df', hostileName],
  ['score', 'captions', ...scored, '--predictions', 'predictions-1.json', '--resamples', hostileArgument],
  ['score', 'captions', ...scored, '--predictions', 'predictions-1.json', '--per-image', join('none', hostileName)],
  ['score', 'vqa', '--dataset', 'pathvqa', '--references', 'questions.json', '--predictions', 'answers.json'],
  ['score', 'vqa', '--dataset', hostileArgument, '--references', 'questions.json', '--predictions', 'answers.json'],
  ['score', 'df', ...scored, '--out', join('none', hostileName)],
  // Suites.
  ['plan', 'key.yaml'],
  ['plan', 'level.yaml'],
  ['plan', 'metric.yaml'],
  ['plan', 'syntax.yaml'],
  ['train', 'syntax.yaml'],
  ['train', 'key.yaml'],
  // Systems.
  accept('--accepted-at', hostileArgument),
  accept('--metric', hostileArgument),
  ['gate', '--candidate', 'two.json', '--minimum', `${hostileArgument}=9`],
  ['gate', '--candidate', 'two.json', '--minimum', hostileArgument],
  ['gate', '--candidate', 'fewer.json', '--baseline', 'base.json'],
  ['gate', '--candidate', 'unknown-key.json', '--baseline', 'base.json'],
  ['gate', '--candidate', 'metric.json', '--baseline', 'base.json'],
  ['gate', '--candidate', 'format.json', '--baseline', 'base.json'],
  ['gate', '--candidate', 'one.json', '--baseline', hostileName],
  ['gate', '--candidate', 'one.json', 'one.json', '--baseline', 'base.json'],
  ['gate', '--candidate', 'two.json', '--baseline', 'base.json', '--metric', hostileArgument],
  ['gate', '--candidate', 'two.json', '--baseline', 'base.json', '--junit', join(hostileName, 'x.xml')],
  ['compare', 'one.json', 'one.json', '--out', 'compared'],
  ['compare', 'one.json', `published:${hostileArgument}`],
  ['compare', 'one.json', hostileArgument],
];

const told = ({ stdout, stderr }: Outcome) => `${stdout}\n${stderr}`;

const title = (args: readonly string[]) =>
  args
    .join(' ')
    .replace(/[^ -~]+/g, '·')
    .slice(0, 100);

async function printed(args: readonly string[]): Promise<Outcome> {
  const outcome = await runCommand(args, folder);
  expect(commandsIn(told(outcome))).toEqual([]);
  return outcome;
}

describe('hostile text', () => {
  test.each(finished.map(([args, code]) => [title(args), args, code] as const))(
    'is obeyed by nothing that reads the output of %s',
    async (_, args, code) => {
      expect((await printed(args)).exitCode).toBe(code);
    },
  );

  test.each(refused.map((args) => [title(args), args] as const))(
    'is obeyed by nothing that reads why %s is refused',
    async (_, args) => {
      const { exitCode, stderr } = await printed(args);
      expect([1, 2]).toContain(exitCode);
      expect(stderr).toMatch(/^error: .*$(?:\n {2}(?:where|expected): .*$)*\n {2}fix: {6}\S/m);
    },
  );

  test('leaves one command to GitHub: the own one', async () => {
    for (const [candidate, kind] of [
      ['two.json', 'regression'],
      ['twice.json', 'error'],
      [hostileName, 'error'],
    ] as const) {
      for (const json of [[], ['--json']]) {
        const outcome = await runCommand(
          ['gate', '--candidate', candidate, '--baseline', 'base.json', '--github', ...json],
          folder,
        );
        const commands = commandsIn(told(outcome));
        expect(commands).toHaveLength(1);
        expect(commands[0]).toMatch(
          new RegExp(`^::error (?:file=base\\.json,line=1,)?title=vlm-bench gate%3A ${kind}::`),
        );
      }
    }
  });

  test('is obeyed by nothing that reads what a run of a suite says', async () => {
    renameSync(join(folder, 'texts.yaml'), join(folder, hostileName.replace(/^./, 'y')));
    const suite = hostileName.replace(/^./, 'y');
    const outcome = await runCommand(['run', suite, '--smoke', '--out', 'results', '--engine', 'wasm'], folder);
    expect(commandsIn(told(outcome))).toEqual([]);
    expect(outcome.stderr).toContain('[1/4]');
    const report = await runCommand(['report', 'results', '--out', `reports-${hostileName}`], folder);
    expect(commandsIn(told(report))).toEqual([]);
    expect([outcome.exitCode, report.exitCode]).toEqual([0, 0]);
  });
});
