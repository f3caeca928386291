/** Finding libtorch and keeping builds: what is missing is said with the command that helps. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { buildTorchAddon } from '../../../../reference-model/engines/torch/build/build.js';
import {
  type BuildFacts,
  removeBuilds,
  sourcesHash,
  storeBuild,
  storedBuilds,
  usableBuild,
} from '../../../../reference-model/engines/torch/build/build-store.js';
import { findLibtorch } from '../../../../reference-model/engines/torch/build/libtorch.js';

const root = mkdtempSync(join(tmpdir(), 'vlm-bench-torch-build-'));
afterAll(() => rmSync(root, { recursive: true }));
const newFolder = () => mkdtempSync(join(root, 'd'));

/** A folder that looks like libtorch. */
function fakeLibtorch({ version = [2, 11, 0], symbols = '', headers = true } = {}): string {
  const folder = newFolder();
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'lib', 'libtorch_cpu.so'), '');
  writeFileSync(join(folder, 'lib', 'libc10.so'), symbols);
  if (!headers) return folder;
  mkdirSync(join(folder, 'include', 'ATen', 'core'), { recursive: true });
  mkdirSync(join(folder, 'include', 'torch', 'headeronly'), { recursive: true });
  writeFileSync(join(folder, 'include', 'ATen', 'core', 'Tensor.h'), '');
  const [major, minor, patch] = version;
  const lines = { MAJOR: major, MINOR: minor, PATCH: patch };
  const text = Object.entries(lines).map(([name, value]) => `#define TORCH_VERSION_${name} ${value}\n`);
  writeFileSync(join(folder, 'include', 'torch', 'headeronly', 'version.h'), text.join(''));
  return folder;
}

describe('findLibtorch', () => {
  test('reads version, ABI and CUDA from a folder, or from the one around it', async () => {
    const folder = fakeLibtorch({ version: [2, 10, 3], symbols: '_ZN3c10NSt7__cxx1112basic_stringE' });
    expect(await findLibtorch(folder)).toEqual({ folder, version: '2.10.3', cxx11Abi: true, hasCuda: false });
    const old = fakeLibtorch({ symbols: '_ZN3c10Ss' });
    writeFileSync(join(old, 'lib', 'libtorch_cuda.so'), '');
    expect(await findLibtorch(old)).toMatchObject({ cxx11Abi: false, hasCuda: true });
  });

  test('$LIBTORCH comes before Python, and after what is typed', async () => {
    const [fromEnvironment, typed] = [fakeLibtorch(), fakeLibtorch()];
    vi.stubEnv('LIBTORCH', fromEnvironment);
    expect(await findLibtorch()).toMatchObject({ folder: fromEnvironment });
    expect(await findLibtorch(typed)).toMatchObject({ folder: typed });
    vi.unstubAllEnvs();
  });

  test.each([
    ['an empty folder', () => newFolder(), /--libtorch names no libtorch/],
    ['one without headers', () => fakeLibtorch({ headers: false }), /without its headers/],
    ['one that is too old', () => fakeLibtorch({ version: [1, 13, 0] }), /libtorch 1\.13\.0 is too old/],
  ])('%s is refused with the command that helps', async (_, folder, what) => {
    await expect(findLibtorch(folder())).rejects.toMatchObject({
      name: 'TorchBuildError',
      problem: {
        what: expect.stringMatching(what),
        where: expect.stringContaining(root),
        fix: expect.stringContaining('pip install'),
      },
    });
  });
});

describe('builds', () => {
  const facts = (changes: Partial<BuildFacts> = {}): BuildFacts => ({
    ...{ format: 1, sources: sourcesHash(), torchVersion: '2.11.0', libtorch: '/some/libtorch', cxx11Abi: true },
    ...{ hasCuda: false, nodeModules: process.versions.modules!, compiler: 'some compiler', ...changes },
  });
  const fill = async (folder: string) => writeFileSync(join(folder, 'torch.node'), 'addon');

  test('the newest one of these sources and this Node is used', async () => {
    const store = newFolder();
    const good = await storeBuild(facts(), fill, store);
    await storeBuild(facts({ sources: 'of another version' }), fill, store);
    await storeBuild(facts({ nodeModules: '1' }), fill, store);
    expect(storedBuilds(store)).toHaveLength(3);
    expect(usableBuild(storedBuilds(store))).toEqual(good);
    expect(usableBuild([])).toBeUndefined();
  });

  test('one that fails leaves nothing, and an interrupted one does not count', async () => {
    const store = newFolder();
    await expect(storeBuild(facts(), () => Promise.reject(new Error('no compiler')), store)).rejects.toThrow(
      'no compiler',
    );
    expect(readdirSync(store)).toEqual([]);
    mkdirSync(join(store, 'torch-2.11.0-node-115-000000000000'));
    expect(storedBuilds(store)).toEqual([]);
  });

  test('all are removed', async () => {
    const store = newFolder();
    await storeBuild(facts(), fill, store);
    expect(removeBuilds(store)).toHaveLength(1);
    expect(storedBuilds(store)).toEqual([]);
  });

  test('what the compiler says reaches the user, with a log', async () => {
    vi.stubEnv('XDG_CACHE_HOME', newFolder());
    const compiler = join(newFolder(), 'compiler');
    writeFileSync(
      compiler,
      '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "addon.cpp:3:1: error: unknown type" >&2\nexit 1\n',
      {
        mode: 0o755,
      },
    );
    const request = { libtorch: fakeLibtorch(), compiler, onUnit: () => {} };
    await expect(buildTorchAddon(request)).rejects.toMatchObject({
      problem: {
        what: expect.stringContaining('addon.cpp:3:1: error: unknown type'),
        where: expect.stringMatching(/\.log$/),
        fix: expect.stringContaining('--libtorch'),
      },
    });
    await expect(buildTorchAddon({ ...request, compiler: 'no-such-compiler' })).rejects.toMatchObject({
      problem: { what: expect.stringContaining('no C++ compiler'), fix: expect.stringContaining('apt-get install') },
    });
    vi.unstubAllEnvs();
  });
});
