/** Files appear whole or not at all, and nothing but a regular file is ever replaced. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { writeFileAtomically, writePiecesAtomically } from '../../../reference-model/files/atomic-file.js';

const newFolder = () => mkdtempSync(join(tmpdir(), 'vlm-bench-atomic-'));
const compiled = createRequire(import.meta.url).resolve('#package/dist/reference-model/files/atomic-file.js');
const isRoot = process.getuid?.() === 0;

function refusal(work: () => void): NodeJS.ErrnoException {
  try {
    work();
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  throw new Error('it was allowed');
}

/** Arguments of Node for a process that writes `lines` lines of text to `file`. */
const writer = (file: string, lines: number): string[] => [
  '--input-type=module',
  '-e',
  `import { writeFileAtomically } from ${JSON.stringify(compiled)};
   writeFileAtomically(${JSON.stringify(file)}, 'a line of text\\n'.repeat(${lines}));`,
];

describe('a regular file', () => {
  test('is made with its folders, and replaced, with nothing beside it', () => {
    const folder = newFolder();
    const file = join(folder, 'a', 'b', 'file.txt');
    writeFileAtomically(file, 'one');
    writePiecesAtomically(file, ['tw', new Uint8Array([0x6f]), '']);
    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['file.txt']);
  });

  test('may have the longest name that a folder takes, in any script', () => {
    const folder = newFolder();
    for (const name of ['x'.repeat(255), 'я'.repeat(127), '好'.repeat(85)]) {
      writeFileAtomically(join(folder, name), name);
      expect(readFileSync(join(folder, name), 'utf8')).toBe(name);
    }
    expect(readdirSync(folder)).toHaveLength(3);
    const tooLong = join(folder, 'x'.repeat(256));
    expect(refusal(() => writeFileAtomically(tooLong, 'x'))).toMatchObject({ code: 'ENAMETOOLONG', path: tooLong });
    expect(readdirSync(folder)).toHaveLength(3);
  });

  test('keeps its old content, alone, when its pieces end in an error', () => {
    const folder = newFolder();
    const file = join(folder, 'file.txt');
    writeFileAtomically(file, 'old');
    function* pieces(): Generator<string> {
      yield 'new';
      throw new RangeError('no more');
    }
    expect(() => writePiecesAtomically(file, pieces())).toThrow('no more');
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file.txt']);
  });
});

describe('a symbolic link', () => {
  test('to a file stays a link, and the file is replaced where it is', () => {
    const [here, there] = [newFolder(), newFolder()];
    const target = join(there, 'target.txt');
    writeFileSync(target, 'old');
    const before = statSync(target).ino;
    symlinkSync(target, join(here, 'first'));
    symlinkSync('first', join(here, 'second'));
    writeFileAtomically(join(here, 'second'), 'new');
    expect(readFileSync(target, 'utf8')).toBe('new');
    expect(statSync(target).ino).not.toBe(before);
    expect([readlinkSync(join(here, 'first')), readlinkSync(join(here, 'second'))]).toEqual([target, 'first']);
    expect([readdirSync(here).sort(), readdirSync(there)]).toEqual([['first', 'second'], ['target.txt']]);
  });

  test('is followed from where it stands, also through a link to a folder', () => {
    const [here, there] = [newFolder(), newFolder()];
    mkdirSync(join(there, 'deep'));
    symlinkSync(join(there, 'deep'), join(here, 'folder'));
    symlinkSync('../target.txt', join(there, 'deep', 'link'));
    writeFileAtomically(join(here, 'folder', 'link'), 'new');
    expect(readFileSync(join(there, 'target.txt'), 'utf8')).toBe('new');
  });

  test('to nothing gets what it leads to', () => {
    const folder = newFolder();
    symlinkSync('later.txt', join(folder, 'link'));
    writeFileAtomically(join(folder, 'link'), 'new');
    expect(readFileSync(join(folder, 'later.txt'), 'utf8')).toBe('new');
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
  });

  test('to itself is refused', () => {
    const folder = newFolder();
    const loop = join(folder, 'loop');
    symlinkSync('loop', loop);
    expect(refusal(() => writeFileAtomically(loop, 'x'))).toMatchObject({ code: 'ELOOP', path: loop });
    expect(readlinkSync(loop)).toBe('loop');
  });
});

test('a folder is refused, also behind a link, and keeps what is in it', () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'dir'));
  writeFileSync(join(folder, 'dir', 'kept'), '');
  symlinkSync('dir', join(folder, 'link'));
  for (const name of ['dir', 'link']) {
    const path = join(folder, name);
    expect(refusal(() => writeFileAtomically(path, 'x'))).toMatchObject({ code: 'EISDIR', path });
  }
  expect(readdirSync(join(folder, 'dir'))).toEqual(['kept']);
  expect(readdirSync(folder).sort()).toEqual(['dir', 'link']);
});

test.skipIf(isRoot)('a folder that may not be written is named by the file', () => {
  const folder = newFolder();
  chmodSync(folder, 0o500);
  const path = join(folder, 'file.txt');
  expect(refusal(() => writeFileAtomically(path, 'x'))).toMatchObject({ code: 'EACCES', path });
});

describe.skipIf(process.platform === 'win32')('what is no regular file', () => {
  // Several times what a pipe holds.
  const lines = 20_000;
  const large = 'a line of text\n'.repeat(lines);

  test('is written through: a pipe with a name, larger than it holds', async () => {
    const folder = newFolder();
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    symlinkSync('fifo', join(folder, 'link'));
    for (const name of ['fifo', 'link']) {
      const reader = promisify(execFile)('cat', [fifo], { maxBuffer: 1e7 });
      await promisify(execFile)(process.execPath, writer(join(folder, name), lines));
      expect((await reader).stdout).toBe(large);
    }
    expect(lstatSync(fifo).isFIFO()).toBe(true);
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['fifo', 'link']);
  });

  test('is written through: standard output that is a pipe', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, writer('/dev/stdout', lines), { encoding: 'utf8' });
    expect([status, stderr, stdout === large]).toEqual([0, '', true]);
  });

  test('is written through: standard output that is a file, after what stands there', () => {
    const folder = newFolder();
    const out = join(folder, 'out.txt');
    writeFileSync(out, 'before\n');
    symlinkSync('/dev/stdout', join(folder, 'link'));
    const command = '"$0" "$@" >> out.txt; echo after >> out.txt';
    for (const name of ['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', join(folder, 'link')]) {
      if (!existsSync(name)) continue;
      writeFileSync(out, 'before\n');
      execFileSync('sh', ['-c', command, process.execPath, ...writer(name, 1)], { cwd: folder });
      expect(readFileSync(out, 'utf8')).toBe('before\na line of text\nafter\n');
    }
    expect(readdirSync(folder).sort()).toEqual(['link', 'out.txt']);
  });

  test('is written through: a reader of standard output that has gone is no error', () => {
    const command = '{ "$0" "$@"; echo $? >&2; } | true';
    const args = ['-c', command, process.execPath, ...writer('/dev/stdout', lines)];
    expect(spawnSync('sh', args, { encoding: 'utf8' }).stderr).toBe('0\n');
  });

  test('is written through: /dev/null', () => {
    const before = lstatSync('/dev/null');
    writeFileAtomically('/dev/null', 'x');
    expect(lstatSync('/dev/null')).toMatchObject({ ino: before.ino, rdev: before.rdev });
  });

  // As another user the same device cannot be replaced in any case.
  test.skipIf(!isRoot || process.platform !== 'linux')(
    'a full device is told by its name and stays a device',
    (context) => {
      const folder = newFolder();
      const full = join(folder, 'full');
      // In a container, root may not be allowed to.
      if (spawnSync('mknod', [full, 'c', '1', '7']).status !== 0) context.skip();
      let error: NodeJS.ErrnoException;
      try {
        error = refusal(() => writeFileAtomically(full, 'x'));
      } catch {
        return context.skip();
      }
      expect(error.path).toBe(full);
      // Where devices are not served on this disk, it is refused before it is full.
      expect(['ENOSPC', 'EACCES']).toContain(error.code);
      expect(lstatSync(full).isCharacterDevice()).toBe(true);
      expect(readdirSync(folder)).toEqual(['full']);
    },
  );
});
