/** Compiles the sources of the addon, one translation unit after the other or a few at once, and links them against libtorch. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { TorchBuildError } from './build-error.js';
import { addonFile } from './build-store.js';
import type { Libtorch } from './libtorch.js';
import type { Toolchain } from './toolchain.js';

export interface Compilation {
  readonly sources: string;
  readonly libtorch: Libtorch;
  readonly toolchain: Toolchain;
  /** Translation units at once; each takes about 1 GB. */
  readonly jobs: number;
  readonly onUnit: (unit: { readonly name: string; readonly done: number; readonly total: number }) => void;
}

const BYTES_OF_A_UNIT = 2 ** 30;

/** Fills `folder` with the addon. @throws TorchBuildError with what the compiler said */
export async function compileAddon(folder: string, compilation: Compilation): Promise<void> {
  const { sources, libtorch, toolchain, jobs, onUnit } = compilation;
  const units = readdirSync(sources)
    .filter((name) => name.endsWith('.cpp'))
    .sort();
  const objectOf = (unit: string): string => join(folder, `${basename(unit, '.cpp')}.o`);
  const include = join(libtorch.folder, 'include');
  // Headers of libraries are taken as they are: their warnings are nobody's here.
  const headers = [include, join(include, 'torch', 'csrc', 'api', 'include'), toolchain.nodeHeaders].flatMap((path) => [
    '-isystem',
    path,
  ]);
  // Declarations of ours for headers that the packages of libtorch lack.
  const shims = ['-I', join(sources, 'shims')];
  const abi = `-D_GLIBCXX_USE_CXX11_ABI=${libtorch.cxx11Abi ? 1 : 0}`;
  // NDEBUG as in libtorch itself: some of its classes have other members without.
  const flags = ['-O2', '-std=c++17', '-fPIC', '-fvisibility=hidden', '-Wall', '-DNDEBUG', '-DNAPI_VERSION=8', abi];
  const run = (args: readonly string[], where: string) => runCompiler(toolchain.compiler, args, { where, folder });

  const waiting = [...units];
  let done = 0;
  const atOnce = Math.max(1, Math.min(jobs, units.length, Math.floor(freemem() / BYTES_OF_A_UNIT)));
  const work = async (): Promise<void> => {
    for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
      await run([...flags, ...headers, ...shims, '-c', join(sources, unit), '-o', objectOf(unit)], unit);
      done += 1;
      onUnit({ name: unit, done, total: units.length });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const library = join(libtorch.folder, 'lib');
  const linked = ['-Wl,--no-as-needed', '-ltorch_cpu', '-lc10', `-Wl,-rpath,${library}`];
  const output = addonFile(folder);
  await run(['-shared', '-o', output, ...units.map(objectOf), `-L${library}`, ...linked, '-s'], basename(output));
  for (const unit of units) rmSync(objectOf(unit));
}

async function runCompiler(
  compiler: string,
  args: readonly string[],
  { where, folder }: { readonly where: string; readonly folder: string },
): Promise<void> {
  const { exitCode, stderr, shortMessage } = await execa(compiler, [...args], {
    reject: false,
    stdin: 'ignore',
    cwd: folder,
  });
  if (exitCode === 0) return;
  const said =
    stderr.split('\n').find((line) => /\berror\b|undefined reference/i.test(line)) ?? shortMessage ?? 'it was ended';
  const log = `${folder.replace(/\.tmp-\d+$/, '')}.log`;
  writeFileSync(log, `${compiler} ${args.join(' ')}\n${stderr}\n`);
  throw new TorchBuildError({
    what: `the compiler refuses ${where}: ${said.trim()}`,
    where: log,
    expected: 'a libtorch whose interfaces are those of 2.9 to 2.11, and a compiler of its age',
    fix: 'See the log; another libtorch is chosen with --libtorch DIR, another compiler with --compiler PROGRAM.',
  });
}
