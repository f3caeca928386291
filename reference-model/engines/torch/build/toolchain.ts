/** The compiler and the headers of Node that a build needs, or the command that installs what is missing. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { TorchBuildError } from './build-error.js';

export interface Toolchain {
  readonly compiler: string;
  /** First line of what it says of itself. */
  readonly compilerVersion: string;
  /** Folder of node_api.h. */
  readonly nodeHeaders: string;
}

/** @param named a compiler to use in place of $CXX, g++ or clang++ */
export async function findToolchain(named?: string): Promise<Toolchain> {
  const { CXX } = process.env;
  const candidates = named !== undefined ? [named] : [...(CXX ? [CXX] : []), 'g++', 'clang++', 'c++'];
  for (const compiler of candidates) {
    const { stdout, exitCode } = await execa(compiler, ['--version'], { reject: false, stdin: 'ignore' });
    if (exitCode === 0) return { compiler, compilerVersion: stdout.split('\n')[0]!, nodeHeaders: findNodeHeaders() };
  }
  throw new TorchBuildError({
    what: `no C++ compiler runs here (tried ${candidates.join(', ')}).`,
    expected: 'g++ 11 or newer, or clang++ 10 or newer',
    fix: 'Install one, for instance with `apt-get install g++`, or name one: `--compiler PROGRAM`.',
  });
}

function findNodeHeaders(): string {
  const roots = [process.execPath, realpathSync(process.execPath)].map((file) => dirname(dirname(file)));
  const { npm_config_nodedir: nodedir } = process.env;
  const folders = [...(nodedir ? [nodedir] : []), ...roots, '/usr'].map((root) => join(root, 'include', 'node'));
  const found = folders.find((folder) => existsSync(join(folder, 'node_api.h')));
  if (found !== undefined) return found;
  throw new TorchBuildError({
    what: 'the headers of Node are missing.',
    where: folders.join(', '),
    expected: 'node_api.h, which the archives of Node contain',
    fix: 'Install Node from an archive of nodejs.org or its headers with `apt-get install libnode-dev`, or set npm_config_nodedir to a folder with include/node.',
  });
}
