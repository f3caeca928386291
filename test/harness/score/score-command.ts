/** Runs `vlm-bench score …` in this process and returns what it printed. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { vi } from 'vitest';
import { registerScore } from '../../../harness/commands/score.js';
import { formatError } from '../../../harness/errors.js';

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  /** The error that ended the command, as the command line prints it. */
  readonly error?: string;
}

export async function runScore(...args: readonly string[]): Promise<Printed> {
  let stdout = '';
  let stderr = '';
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      stdout += text;
      return true;
    }),
    vi.spyOn(console, 'log').mockImplementation((text) => {
      stdout += `${text}\n`;
    }),
    vi.spyOn(console, 'error').mockImplementation((text) => {
      stderr += `${text}\n`;
    }),
  ];
  const program = new Command('vlm-bench').exitOverride().configureOutput({ writeErr: () => {} });
  registerScore(program);
  try {
    await program.parseAsync(['score', ...args], { from: 'user' });
    return { stdout, stderr };
  } catch (error) {
    return { stdout, stderr, error: formatError(error) };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Writes files into a new folder and returns their paths. */
export function writeFiles(contents: Readonly<Record<string, unknown>>): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-score-'));
  return Object.fromEntries(
    Object.entries(contents).map(([name, content]) => {
      const path = join(folder, name);
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
      return [name, path];
    }),
  );
}
