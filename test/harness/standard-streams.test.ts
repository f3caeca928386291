/** Commands whose output nobody takes: a reader that has gone changes no verdict, and a full disk is one error. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { captionFiles, newFolder } from './systems/system-files.js';

const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');
const tinySuite = fileURLToPath(new URL('../fixtures/suites/tiny.yaml', import.meta.url));
const folder = newFolder();
captionFiles(folder, 8);

const scored = ['--predictions', 'predictions-1.json', '--references', 'references.json', '--resamples', '0'];
const gated = ['gate', '--candidate', 'predictions-1.json', '--references', 'references.json'];

/** Runs `vlm-bench ARGS` within a shell, as `"$@"` of its script. */
function shell(script: string, args: readonly string[]) {
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, cli, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { stdout, stderr };
}

describe.skipIf(process.platform === 'win32')('a reader that has gone', () => {
  // The reader is gone before the command prints: it has ended when the command starts.
  const gone = '{ sleep 0.2; "$@"; echo "code $?" >&3; } 3>&2 2>/dev/null | true';

  test.each([
    ['a gate that passes', [...gated, '--minimum', '0'], 0],
    ['a gate that does not', [...gated, '--minimum', '11'], 3],
    ['a gate that does not, as JSON', [...gated, '--minimum', '11', '--json'], 3],
    ['a gate that annotates', [...gated, '--minimum', '11', '--github'], 3],
    ['a gate that writes to the same pipe', [...gated, '--minimum', '11', '--junit', '/dev/stdout'], 3],
    ['scores', ['score', 'captions', ...scored], 0],
    ['a plan', ['plan', '--finding', '1'], 0],
    ['help', ['--help'], 0],
    ['a suite that must be reproduced', ['run', tinySuite, '--smoke', '--json', '--require', 'reproduced'], 1],
  ])('leaves the exit code to %s', (_, args, code) => {
    expect(shell(gone, args).stderr).toBe(`code ${code}\n`);
  });

  test('of errors leaves it as well', () => {
    const script = '{ { sleep 0.2; "$@"; echo "code $?" >&3; } 2>&1 >/dev/null | true; } 3>&1';
    expect(shell(script, ['gate', '--nosuch']).stdout).toBe('code 2\n');
    expect(shell(script, [...gated, '--minimum', '11', '--github', '--json']).stdout).toBe('code 3\n');
  });

  test('ends a command that would never end', async () => {
    const script = `yes | "$@" | head -n 1; echo "codes \${PIPESTATUS[1]}"`;
    const done = await new Promise<string>((resolve, reject) => {
      const options = { cwd: folder, timeout: 60_000 };
      execFile('bash', ['-c', script, 'bash', process.execPath, cli, 'tokenize'], options, (error, stdout) =>
        error === null ? resolve(stdout) : reject(error),
      );
    });
    expect(done).toBe('y\ncodes 0\n');
  });
});

describe.skipIf(!existsSync('/dev/full'))('a disk that is full', () => {
  const full = '"$@" > /dev/full; echo "code $?"';
  const complaint = [
    'error: the operating system refuses to write: no space left on device',
    '  where:    standard output',
    '  fix:      free some space, then run the same command again',
    '',
  ].join('\n');

  test.each([
    ['help', ['--help']],
    ['the version', ['--version']],
    ['scores', ['score', 'captions', ...scored]],
    ['scores as JSON', ['score', 'captions', ...scored, '--json']],
    ['a gate', [...gated, '--minimum', '0']],
    ['a gate that does not pass', [...gated, '--minimum', '11', '--json']],
    ['a plan', ['plan', '--finding', '1']],
    ['the schema', ['schema']],
    ['the data sets', ['data', 'list']],
    ['the findings about the machine', ['doctor']],
    ['a calibration', ['gate', 'calibrate', '--help']],
  ])('is one error for %s', (_, args) => {
    const script = `{ ${full} >&3; } 3>&1`;
    expect(shell(script, args)).toEqual({ stdout: 'code 1\n', stderr: complaint });
  });

  test('is one error for tokens, however many follow', () => {
    const script = '{ seq 200000 | "$@" > /dev/full; echo "code $?" >&3; } 3>&1';
    expect(shell(script, ['tokenize'])).toEqual({ stdout: 'code 1\n', stderr: complaint });
  });

  test('of errors ends in 1 where the command would have passed', () => {
    const script = '{ "$@" 2> /dev/full > /dev/null; echo "code $?" >&3; } 3>&1';
    expect(shell(script, ['data', 'prepare', 'none']).stdout).toBe('code 1\n');
  });
});
