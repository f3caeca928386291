/** A record that is given twice as two seeds of one system is refused, under whatever name it comes. */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import { joinRecords } from '../../../harness/systems/join-records.js';
import { readSystem } from '../../../harness/systems/read-system.js';
import { writeScoresFile } from '../../../harness/systems/scores-document.js';
import type { System } from '../../../harness/systems/system.js';
import { writeSystem } from '../compare/systems.js';
import { captionFiles, newFolder, writeIn } from './system-files.js';

async function refusal(action: () => Promise<unknown> | unknown): Promise<string> {
  const error = await Promise.resolve()
    .then(action)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('files', () => {
  const folder = newFolder();
  const { predictions, references } = captionFiles(folder, 12);
  const other = captionFiles(folder, 12, 2).predictions;
  const read = (...paths: readonly string[]) => readSystem({ paths }, { references });

  test('under one name, another way to it, or a link', async () => {
    mkdirSync(join(folder, 'deep'));
    symlinkSync(predictions, join(folder, 'link.json'));
    for (const path of [predictions, join(folder, 'deep', '..', 'predictions-1.json'), join(folder, 'link.json')]) {
      expect(await refusal(() => read(predictions, other, path))).toContain(' is given twice');
    }
    expect((await read(predictions, other)).records).toBe(2);
  });

  test('copied, written anew, or scored before', async () => {
    const copy = join(folder, 'copy.json');
    copyFileSync(predictions, copy);
    const message = await refusal(() => read(predictions, other, copy));
    expect(message).toContain(`${predictions} and ${copy} hold the same texts and scores`);
    expect(message).toContain('expected: each record once');
    const document = JSON.parse(readFileSync(predictions, 'utf8')) as object[];
    expect(await refusal(() => read(predictions, writeIn(folder, 'turned.json', [...document].reverse())))).toContain(
      'hold the same texts and scores',
    );
    const scores = join(folder, 'scores.json');
    await writeScoresFile(scores, await read(predictions));
    expect(await refusal(() => read(scores, predictions))).toContain('hold the same texts and scores');
  });
});

describe('seeds', () => {
  const folder = newFolder();
  const read = (...paths: readonly string[]) => readSystem({ paths });

  test('in one scores file or in two', async () => {
    const twice = writeSystem(folder, { label: 'twice', seeds: [1, 2, 1] });
    expect(await refusal(() => read(twice))).toContain('have the same seed, 1');
    const first = writeSystem(folder, { label: 'first', seeds: [1, 2] });
    const second = writeSystem(folder, { label: 'second', seeds: [2, 3] });
    expect(await refusal(() => read(first, second))).toContain('first and second have the same seed, 2');
    const third = writeSystem(folder, { label: 'third', seeds: [3, 4] });
    expect((await read(first, third)).records).toBe(4);
  });

  test('of runs of one recipe, even where code or engine made them others', async () => {
    const base = await read(writeSystem(folder, { label: 'one', seeds: [7] }));
    const run = (runId: string, recipe: string): System => ({
      ...base,
      label: `run ${runId}`,
      origin: { kind: 'records', paths: [runId], runIds: [runId], recipe },
    });
    const join = (...parts: readonly System[]) => joinRecords(parts, { paths: ['a', 'b'] });
    expect(await refusal(() => join(run('a', 'x'), run('b', 'x')))).toContain('run a and run b have the same seed, 7');
    expect(await refusal(() => join(run('a', 'x'), run('a', 'x')))).toContain('run a is given twice');
  });
});
