/**
 * Finds libtorch: a folder that is named, that of $LIBTORCH, or the `torch` package of the Python on the path. What a build must know of
 * it is read from its headers and libraries; Python's torch is not imported, which takes seconds and wants all of its dependencies.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { TorchBuildError } from './build-error.js';

export interface Libtorch {
  /** Holds `lib` and `include`. */
  readonly folder: string;
  readonly version: string;
  /** Whether it was built with the C++11 ABI of the standard library. */
  readonly cxx11Abi: boolean;
  /** Whether libtorch_cuda lies beside it. */
  readonly hasCuda: boolean;
}

/** The oldest whose interfaces the addon is written for. */
const OLDEST = [2, 9] as const;

const INSTALL =
  'Install it with `pip install torch`, or unpack libtorch and name its folder: `vlm-bench engine build torch --libtorch DIR`.';

/**
 * @param named what the user typed
 * @throws TorchBuildError when there is none, or none that will do
 */
export async function findLibtorch(named?: string): Promise<Libtorch> {
  const { LIBTORCH: fromEnvironment } = process.env;
  if (named !== undefined) return openLibtorch(named, '--libtorch');
  if (fromEnvironment !== undefined && fromEnvironment !== '') return openLibtorch(fromEnvironment, '$LIBTORCH');
  const ofPython = await pythonTorch();
  if (ofPython !== undefined) return openLibtorch(ofPython, 'the torch package of python3');
  throw new TorchBuildError({
    what: 'libtorch is not found.',
    expected: 'a folder named by --libtorch or $LIBTORCH, or a Python on the path that has the package torch',
    fix: INSTALL,
  });
}

/** Folder of the package `torch` of the Python that the shell would run. */
async function pythonTorch(): Promise<string | undefined> {
  const script =
    'import importlib.util as u; s = u.find_spec("torch"); print(s.submodule_search_locations[0] if s else "")';
  for (const python of ['python3', 'python']) {
    const { stdout, exitCode } = await execa(python, ['-c', script], { reject: false, stdin: 'ignore' });
    if (exitCode === 0 && stdout.trim() !== '') return stdout.trim();
  }
  return undefined;
}

function openLibtorch(named: string, source: string): Libtorch {
  const candidates = [named, join(named, 'torch'), join(named, 'libtorch')].map((folder) => resolve(folder));
  const found = candidates.find((folder) => existsSync(join(folder, 'lib', 'libtorch_cpu.so')));
  if (found === undefined) {
    throw new TorchBuildError({
      what: `${source} names no libtorch.`,
      where: resolve(named),
      expected: 'a folder with lib/libtorch_cpu.so and include/ATen',
      fix: INSTALL,
    });
  }
  const folder = realpathSync(found);
  const version = versionOf(folder);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new TorchBuildError({
      what: `libtorch ${version} is too old.`,
      where: folder,
      expected: `${OLDEST.join('.')} or newer`,
      fix: 'Install a newer one: `pip install --upgrade torch`.',
    });
  }
  const hasCuda = existsSync(join(folder, 'lib', 'libtorch_cuda.so'));
  return { folder, version, cxx11Abi: usesCxx11Abi(folder), hasCuda };
}

function versionOf(folder: string): string {
  const include = join(folder, 'include', 'torch');
  const header = [
    join(include, 'headeronly', 'version.h'),
    join(include, 'csrc', 'api', 'include', 'torch', 'version.h'),
  ].find((file) => existsSync(file));
  const text = header === undefined ? '' : readFileSync(header, 'utf8');
  const part = (name: string): string | undefined =>
    new RegExp(`^#define TORCH_VERSION_${name} (\\d+)`, 'm').exec(text)?.[1];
  const parts = [part('MAJOR'), part('MINOR'), part('PATCH')];
  if (parts.includes(undefined) || !existsSync(join(folder, 'include', 'ATen', 'core', 'Tensor.h'))) {
    throw new TorchBuildError({
      what: 'libtorch is there without its headers.',
      where: join(folder, 'include'),
      expected: 'ATen/core/Tensor.h and torch/version.h, as in the wheels of PyPI and in the archives of libtorch',
      fix: INSTALL,
    });
  }
  return parts.join('.');
}

/** The names of the new ABI's strings stand among the symbols of a library that takes strings. */
function usesCxx11Abi(folder: string): boolean {
  return readFileSync(join(folder, 'lib', 'libc10.so')).includes('NSt7__cxx1112basic_string');
}
