/** Acceptances by several processes at the same time: none is lost, and nothing stays of their lock. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Outcome, runCommand } from '../../e2e/command.js';
import { captionFiles, newFolder } from '../systems/system-files.js';

const accept = (folder: string, baseline: string, reason: string): Promise<Outcome> =>
  runCommand(
    [
      ...['gate', 'accept', '--candidate', 'predictions-1.json', '--references', 'references.json'],
      ...['--baseline', baseline, '--accepted-by', 'Ann', '--reason', reason],
    ],
    folder,
  );

describe('gate accept by several at once', () => {
  test('keeps every acceptance, also through a link to the same file', async () => {
    const folder = newFolder();
    captionFiles(folder, 20);
    symlinkSync('base.json', join(folder, 'link.json'));
    const reasons = ['one', 'two', 'three', 'four', 'five', 'six'];
    // The first makes the file that the link leads to.
    await accept(folder, 'base.json', reasons[0]!);
    const outcomes = await Promise.all(
      reasons.slice(1).map((reason, index) => accept(folder, index % 2 === 0 ? 'base.json' : 'link.json', reason)),
    );
    expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0]);
    const { accepted } = JSON.parse(readFileSync(join(folder, 'base.json'), 'utf8'));
    const kept = accepted.map(({ reason }: { reason: string }) => reason);
    expect(kept[0]).toBe('one');
    expect([...kept].sort()).toEqual([...reasons].sort());
    expect(readdirSync(folder).sort()).toEqual(['base.json', 'link.json', 'predictions-1.json', 'references.json']);
  });

  test('takes over from a process that is gone', async () => {
    const folder = newFolder();
    captionFiles(folder, 20);
    mkdirSync(join(folder, 'base.json.lock'));
    const { hostname } = await import('node:os');
    const host = hostname().replace(/[^A-Za-z0-9.]/g, '') || 'host';
    writeFileSync(join(folder, 'base.json.lock', `${host}~${process.pid}~an.earlier.start~0123456789ab`), '');
    expect((await accept(folder, 'base.json', 'x')).exitCode).toBe(0);
    expect(existsSync(join(folder, 'base.json.lock'))).toBe(false);
  });
});
