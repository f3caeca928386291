/** Builds the addon of the engine `torch` into the user's cache; `npm ci` never does. */
import { availableParallelism } from 'node:os';
import { buildName, type StoredBuild, sourcesFolder, sourcesHash, storeBuild, storedBuilds } from './build-store.js';
import { type Compilation, compileAddon } from './compile.js';
import { findLibtorch } from './libtorch.js';
import { findToolchain } from './toolchain.js';

export interface BuildRequest {
  /** Folder of libtorch; by default that of $LIBTORCH or of Python's torch. */
  readonly libtorch?: string;
  readonly compiler?: string;
  readonly jobs?: number;
  /** Builds again what is there. */
  readonly force?: boolean;
  readonly onUnit: Compilation['onUnit'];
}

export interface BuildOutcome {
  readonly build: StoredBuild;
  /** Whether it was there already. */
  readonly isCached: boolean;
}

/** @throws TorchBuildError saying what is missing, and the command that helps */
export async function buildTorchAddon(request: BuildRequest): Promise<BuildOutcome> {
  const { jobs = availableParallelism(), force = false, onUnit } = request;
  const libtorch = await findLibtorch(request.libtorch);
  const identity = {
    format: 1,
    sources: sourcesHash(),
    torchVersion: libtorch.version,
    libtorch: libtorch.folder,
    cxx11Abi: libtorch.cxx11Abi,
    hasCuda: libtorch.hasCuda,
    nodeModules: process.versions.modules!,
  } as const;
  const known = storedBuilds().find(({ folder }) => folder.endsWith(buildName({ ...identity, compiler: '' })));
  if (known !== undefined && !force) return { build: known, isCached: true };
  const toolchain = await findToolchain(request.compiler);
  const facts = { ...identity, compiler: toolchain.compilerVersion };
  const compilation = { sources: sourcesFolder(), libtorch, toolchain, jobs, onUnit };
  const build = await storeBuild(facts, (folder) => compileAddon(folder, compilation));
  return { build, isCached: false };
}
