import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import { isSitePath, openSiteFolder, requireSiteRoot } from '../../../harness/publish/site-folder.js';
import { MANIFEST, readManifest, writeManifest } from '../../../harness/publish/site-manifest.js';

const base = mkdtempSync(join(tmpdir(), 'vlm-bench-site-'));
let folders = 0;
const newFolder = () => {
  const folder = join(base, String(folders++));
  mkdirSync(folder);
  return folder;
};
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe('a path of a site', () => {
  test.each(['index.html', 'runs/0a1b/samples-0001.html', 'images/ab/abcd-thumbnail.png'])('may be %s', (path) => {
    expect(isSitePath(path)).toBe(true);
  });

  test.each([
    '../index.html',
    'runs/../../x.html',
    '/etc/passwd.txt',
    'runs//x.html',
    'runs/.hidden.html',
    'a\u0000.html',
    'x',
    'C:/x.html',
    'runs\\x.html',
    '',
    `${'a'.repeat(400)}.html`,
  ])('may not be %j', (path) => {
    expect(isSitePath(path)).toBe(false);
    expect(() => openSiteFolder(newFolder(), []).write(path, 'x')).toThrow(TypeError);
  });
});

describe('the folder of a site', () => {
  test('is not followed out of by a link that stands for a folder', () => {
    const root = newFolder();
    const outside = newFolder();
    symlinkSync(outside, join(root, 'runs'));
    const site = openSiteFolder(root, []);
    expect(() => site.write('runs/index.html', 'x')).toThrow('a folder of the site is a symbolic link');
    mkdirSync(join(root, 'boards'));
    symlinkSync(outside, join(root, 'boards', 'deep'));
    expect(() => site.write('boards/deep/index.html', 'x')).toThrow(UserError);
    expect(readdirSync(outside)).toEqual([]);
  });

  test('is not followed out of by a link that stands for a file of ours', () => {
    const root = newFolder();
    const outside = join(newFolder(), 'precious.html');
    writeFileSync(outside, 'precious');
    symlinkSync(outside, join(root, 'index.html'));
    openSiteFolder(root, ['index.html']).write('index.html', 'new');
    expect(readFileSync(outside, 'utf8')).toBe('precious');
    expect(readFileSync(join(root, 'index.html'), 'utf8')).toBe('new');
  });

  test('is refused when it is a link, a file, or holds what publish has not written', () => {
    const root = newFolder();
    const link = join(newFolder(), 'link');
    symlinkSync(root, link);
    expect(() => requireSiteRoot(link, MANIFEST)).toThrow('the folder of the site is a symbolic link');
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    expect(() => requireSiteRoot(file, MANIFEST)).toThrow('a file stands where the site should go');
    expect(() => requireSiteRoot(root, MANIFEST)).not.toThrow();
    writeFileSync(join(root, 'thesis.tex'), '');
    expect(() => requireSiteRoot(root, MANIFEST)).toThrow('holds no site of vlm-bench');
    writeManifest(root, { renderer: 'r', units: {} });
    expect(() => requireSiteRoot(root, MANIFEST)).not.toThrow();
  });

  test('keeps files that publish has not written, even under the names it wants', () => {
    const root = newFolder();
    writeFileSync(join(root, 'notes.txt'), 'mine');
    writeFileSync(join(root, 'search.html'), 'mine');
    const site = openSiteFolder(root, []);
    expect(() => site.write('search.html', 'x')).toThrow('a file that publish has not written is in the way');
    expect(() => site.remove('notes.txt')).toThrow(TypeError);
    expect(readFileSync(join(root, 'search.html'), 'utf8')).toBe('mine');
    expect(readFileSync(join(root, 'notes.txt'), 'utf8')).toBe('mine');
  });

  test('removes its own files and the folders they leave empty, and nothing else', () => {
    const root = newFolder();
    const site = openSiteFolder(root, []);
    site.write('runs/a/index.html', 'x');
    site.write('runs/b/index.html', 'x');
    writeFileSync(join(root, 'runs', 'a', 'mine.txt'), 'mine');
    site.remove('runs/a/index.html');
    site.remove('runs/b/index.html');
    expect(readdirSync(join(root, 'runs'))).toEqual(['a']);
    expect(readdirSync(join(root, 'runs', 'a'))).toEqual(['mine.txt']);
  });

  test('knows what a publish left that was killed before its manifest', () => {
    const root = newFolder();
    openSiteFolder(root, []).write('runs/a/index.html', 'half a site');
    const next = openSiteFolder(root, []);
    expect([...next.owned]).toEqual(['runs/a/index.html']);
    next.write('runs/a/index.html', 'whole');
    next.finish();
    expect(existsSync(join(root, '.publish-journal'))).toBe(false);
    expect(readFileSync(join(root, 'runs', 'a', 'index.html'), 'utf8')).toBe('whole');
  });
});

describe('the manifest', () => {
  const units = { 'run:a': { key: 'k', files: { 'runs/a/index.html': 3 }, facts: { seed: 1 } } };

  test('is read back as it was written', () => {
    const root = newFolder();
    writeManifest(root, { renderer: 'r', units });
    expect(readManifest(root)).toMatchObject({ renderer: 'r', units });
    expect(readManifest(newFolder())).toEqual({ renderer: '', units: {} });
  });

  test.each([
    ['names a file outside the site', (text: string) => text.replace('runs/a/index.html', '../../../../etc/hosts')],
    ['was edited', (text: string) => text.replace('"seed":1', '"seed":2')],
    ['is cut off', (text: string) => text.slice(0, -10)],
    ['is something else', () => '{}'],
  ])('that %s is refused', (_, change) => {
    const root = newFolder();
    writeManifest(root, { renderer: 'r', units });
    const file = join(root, MANIFEST);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    expect(() => readManifest(root)).toThrow('the manifest of the site is damaged');
  });
});
