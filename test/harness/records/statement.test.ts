import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { statementOf } from '../../../harness/records/statement.js';
import { sha256 } from '../../../reference-model/files/hashing.js';
import { temporaryFolder } from '../fake/fake-runs.js';

function checkout() {
  const folder = temporaryFolder();
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.org', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  git('init', '--quiet');
  mkdirSync(join(folder, 'pilots'));
  const [suite, pilot] = [join(folder, 'mine.yaml'), join(folder, 'pilots', 'mine.yaml')] as const;
  writeFileSync(suite, 'id: mine\n');
  writeFileSync(pilot, 'suite: mine\n');
  const origin = { files: [suite, pilot], suite: sha256('suite') };
  const commit = () => {
    git('add', '--all');
    git('commit', '--quiet', '--message', 'state');
    return `commit ${git('rev-parse', 'HEAD')}`;
  };
  return { folder, git, suite, pilot, origin, commit };
}

describe('what a record was made from', () => {
  test('is committed while nothing is changed, staged, untracked or ignored', () => {
    const { folder, git, pilot, origin, commit } = checkout();
    expect(statementOf(origin)).toEqual({ suite: origin.suite, committed: false, at: '' });
    git('add', 'mine.yaml');
    git('commit', '--quiet', '--message', 'suite alone');
    expect(statementOf(origin).committed).toBe(false);
    const at = commit();
    expect(statementOf(origin)).toEqual({ suite: origin.suite, committed: true, at });

    writeFileSync(pilot, 'suite: mine\n# changed\n');
    expect(statementOf(origin)).toEqual({ suite: origin.suite, committed: false, at });
    git('add', '--all');
    expect(statementOf(origin).committed).toBe(false);
    git('reset', '--quiet', '--hard');
    expect(statementOf(origin).committed).toBe(true);
    // Another file of the checkout says nothing about these.
    writeFileSync(join(folder, 'notes.txt'), 'later\n');
    expect(statementOf(origin).committed).toBe(true);

    git('rm', '--quiet', '--cached', 'pilots/mine.yaml');
    writeFileSync(join(folder, '.gitignore'), 'pilots\n');
    const next = commit();
    expect(statementOf(origin)).toEqual({ suite: origin.suite, committed: false, at: next });
  });

  test('is not committed outside of a checkout', () => {
    const { folder, origin } = checkout();
    rmSync(join(folder, '.git'), { recursive: true });
    expect(statementOf(origin)).toEqual({ suite: origin.suite, committed: false, at: '' });
  });

  test('counts as committed in an installed package, even inside of somebody’s checkout', () => {
    const { folder } = checkout();
    const root = join(folder, 'node_modules', 'vlm-bench');
    mkdirSync(join(root, 'suites'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{"version": "9.8.7"}');
    const file = join(root, 'suites', 'one.yaml');
    writeFileSync(file, 'id: one\n');
    const origin = { files: [file], suite: sha256('one') };
    expect(statementOf(origin, root)).toEqual({ suite: origin.suite, committed: true, at: 'vlm-bench 9.8.7' });
    // A suite of one's own that extends it still has to be committed.
    const own = join(folder, 'mine.yaml');
    expect(statementOf({ ...origin, files: [own, file] }, root).committed).toBe(false);
  });
});
