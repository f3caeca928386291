/** Publishing into one folder by several processes at the same time. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { recordSyntheticFinding } from '../../bench/synthetic-records.js';
import { runCommand } from '../../e2e/command.js';
import { temporaryFolder } from '../fake/fake-runs.js';

const store = join(temporaryFolder(), 'results');

beforeAll(() => {
  recordSyntheticFinding(store, { seeds: [1, 2, 3, 4, 5, 6], samples: { images: 5 } });
});

const tree = (root: string) =>
  Object.fromEntries(
    readdirSync(root, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [relative(root, file), readFileSync(file, 'hex')]),
  );

describe('several at once', () => {
  test('end alike, each after the other, with the site that one alone makes', async () => {
    const folder = temporaryFolder();
    const publish = (out: string) => runCommand(['publish', store, '--out', out], folder);
    await publish('alone');
    const outcomes = await Promise.all([publish('site'), publish('site'), publish('site')]);
    for (const { exitCode, stderr } of outcomes) {
      expect(stderr).not.toContain('error:');
      expect(exitCode).toBe(0);
    }
    expect(tree(join(folder, 'site'))).toEqual(tree(join(folder, 'alone')));
    expect(readdirSync(join(folder, 'site')).filter((name) => name.startsWith('.'))).toEqual([]);
    // Whoever waited found everything made but the pages over all, which are always renewed.
    const made = outcomes.map(({ stderr }) => / (\d+) parts rendered/.exec(stderr)?.[1]);
    expect(made.filter((number) => number !== '1')).toHaveLength(1);
  });
});
