/**
 * Where builds of the addon are kept: one folder each in the user's cache, named by all that a build depends on. A build is used if it
 * was made from the sources of this package for this Node; which libtorch it runs on was decided when it was made.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { writeFileAtomically } from '../../../files/atomic-file.js';
import { sha256 } from '../../../files/hashing.js';

/** What is known of a build; `build.json` in its folder. */
export interface BuildFacts {
  readonly format: 1;
  /** SHA-256 of the addon's sources. */
  readonly sources: string;
  readonly torchVersion: string;
  /** Folder of the libtorch that it was built against and runs on. */
  readonly libtorch: string;
  readonly cxx11Abi: boolean;
  readonly hasCuda: boolean;
  /** Version of the interface between Node and addons. */
  readonly nodeModules: string;
  readonly compiler: string;
}

export interface StoredBuild extends BuildFacts {
  readonly folder: string;
  readonly bytes: number;
}

const ADDON = 'torch.node';
const FACTS = 'build.json';

export const addonFile = (folder: string): string => join(folder, ADDON);

function buildsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME: named = '' } = environment;
  return join(isAbsolute(named) ? named : join(homedir(), '.cache'), 'vlm-bench', 'torch');
}

/** Folder of the addon's C++ sources in the package. */
export function sourcesFolder(): string {
  const root = dirname(createRequire(import.meta.url).resolve('#package/package.json'));
  return join(root, 'reference-model', 'engines', 'torch', 'native');
}

/** SHA-256 over names and contents of the sources. */
export function sourcesHash(): string {
  const folder = sourcesFolder();
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(cpp|h)$/.test(name));
  return sha256(
    files
      .sort()
      .map((name) => `${name}\n${readFileSync(join(folder, name), 'utf8')}`)
      .join('\n'),
  );
}

/** Name of the folder of a build. */
export function buildName(facts: BuildFacts): string {
  const { torchVersion, nodeModules, ...rest } = facts;
  return `torch-${torchVersion}-node-${nodeModules}-${sha256(JSON.stringify([rest.sources, rest.libtorch])).slice(0, 12)}`;
}

/** All builds that are whole, the newest last. */
export function storedBuilds(folder: string = buildsFolder()): readonly StoredBuild[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((build) => factsIn(build))
    .sort((a, b) => statSync(addonFile(a.folder)).mtimeMs - statSync(addonFile(b.folder)).mtimeMs);
}

function factsIn(folder: string): readonly StoredBuild[] {
  try {
    const facts = JSON.parse(readFileSync(join(folder, FACTS), 'utf8')) as BuildFacts;
    if (facts.format !== 1) return [];
    return [{ ...facts, folder, bytes: statSync(addonFile(folder)).size }];
  } catch {
    return []; // not a build, or one that was interrupted
  }
}

/** The newest build that this process can load. */
export function usableBuild(builds: readonly StoredBuild[] = storedBuilds()): StoredBuild | undefined {
  const sources = sourcesHash();
  return builds.findLast((build) => build.sources === sources && build.nodeModules === process.versions.modules);
}

/** Keeps what `fill` puts into a folder as the build of these facts; an earlier one of the same facts is replaced. */
export async function storeBuild(
  facts: BuildFacts,
  fill: (folder: string) => Promise<void>,
  folder: string = buildsFolder(),
): Promise<StoredBuild> {
  const target = join(folder, buildName(facts));
  const temporary = `${target}.tmp-${process.pid}`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  try {
    await fill(temporary);
    writeFileAtomically(join(temporary, FACTS), `${JSON.stringify(facts, null, 2)}\n`);
    rmSync(target, { recursive: true, force: true });
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return { ...facts, folder: target, bytes: statSync(addonFile(target)).size };
}

/** @returns the builds that were removed */
export function removeBuilds(folder: string = buildsFolder()): readonly StoredBuild[] {
  const builds = storedBuilds(folder);
  rmSync(folder, { recursive: true, force: true });
  return builds;
}
