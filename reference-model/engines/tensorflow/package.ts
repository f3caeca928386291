/**
 * Finds and loads the user's @tensorflow/tfjs-node-gpu or tfjs-node: beside this package, or in the folder that $TFJS_NODE names. What it
 * calls of Node and Node no longer has is put back, it gets this package's own tfjs, and the gradients it registers are replaced by ours.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as util from 'node:util';
import { findBackend } from '@tensorflow/tfjs-core';
import { EngineError } from '../engine-error.js';
import { registerStockGradients } from '../gradients.js';
import { type ExecutingBackend, throwEngineErrors } from './operation-error.js';

/** The GPU build first. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;
type PackageName = (typeof PACKAGES)[number];

export const TENSORFLOW_REMEDY =
  'Install it with `npm install @tensorflow/tfjs-node-gpu` (or tfjs-node for CPU), or use --engine wasm.';

/** Where the package says how to link a libtensorflow of one's own. */
const LINKING = 'reference-model/engines/tensorflow/README.md';

export interface LoadedTensorflow {
  readonly name: PackageName;
  readonly version: string;
  /** Of libtensorflow. */
  readonly libraryVersion: string;
  readonly isUsingGpu: boolean;
  /** Threads of one operation on the CPU; the user's own $TF_NUM_INTRAOP_THREADS, else 1, as runs are parallel to each other. */
  readonly threads: string;
  /** Whether $TF_ENABLE_ONEDNN_OPTS switches the kernels of oneDNN on. */
  readonly usesOneDnn: boolean;
}

/** What is read of the backend of tfjs-node. */
interface TensorflowBackend extends ExecutingBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

interface FoundPackage {
  readonly name: PackageName;
  /** Its main file. */
  readonly main: string;
}

const ownRequire = createRequire(import.meta.url);

function packagesFolder({ TFJS_NODE: folder }: NodeJS.ProcessEnv = process.env): string | undefined {
  return folder === undefined || folder === '' ? undefined : resolve(folder);
}

function resolved(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/** The optional peers that can be found: in the `node_modules` of $TFJS_NODE where that is set, else from here. */
export function installedTensorflowPackages(): readonly FoundPackage[] {
  const folder = packagesFolder();
  const require = folder === undefined ? ownRequire : createRequire(join(folder, 'package.json'));
  return PACKAGES.flatMap((name) => {
    const main = resolved(require, name);
    return main === undefined ? [] : [{ name, main }];
  });
}

/** tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed, and util.isArray; Node 22 and newer warn of each. */
function restoreUtilities(): void {
  const { default: legacy } = util as unknown as { default: Record<string, (value: unknown) => boolean> };
  legacy.isNullOrUndefined = (value) => value === null || value === undefined;
  legacy.isArray = Array.isArray;
}

/**
 * A package that is installed elsewhere brings tfjs-core and tfjs-backend-cpu of its own, which would register every kernel a second
 * time in the tables that all copies share, with a warning for each. Its copies become names of ours.
 */
function shareTfjs(main: string): void {
  const tfjs = resolved(createRequire(main), '@tensorflow/tfjs');
  if (tfjs === undefined) return;
  for (const name of ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu']) {
    const [own, other] = [ownRequire.resolve(name), resolved(createRequire(tfjs), name)];
    if (other === undefined || own === other) continue;
    ownRequire(name);
    ownRequire.cache[other] = ownRequire.cache[own];
  }
}

/**
 * Variables that libtensorflow reads when it starts; what the user has set stays. Kernels of oneDNN are off, as each process would say that
 * they are on at a level that no setting silences; at the embedded scale they save no time.
 */
function startSettings(): Pick<LoadedTensorflow, 'threads' | 'usesOneDnn'> {
  const { env } = process;
  env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  env.TF_NUM_INTRAOP_THREADS ??= '1';
  env.TF_ENABLE_ONEDNN_OPTS ??= '0';
  return { threads: env.TF_NUM_INTRAOP_THREADS, usesOneDnn: env.TF_ENABLE_ONEDNN_OPTS !== '0' };
}

/**
 * Loads the first package that can be loaded. It makes itself the current tfjs backend.
 * @throws EngineError `engine-unavailable`, with the reasons why each one that was found does not load
 */
export async function loadTensorflow(): Promise<LoadedTensorflow> {
  const found = installedTensorflowPackages();
  const failures: string[] = [];
  for (const { name, main } of found) {
    try {
      const settings = startSettings();
      restoreUtilities();
      shareTfjs(main);
      await import(pathToFileURL(main).href);
      const backend = findBackend('tensorflow') as unknown as TensorflowBackend;
      throwEngineErrors(backend);
      registerStockGradients();
      const { isUsingGpuDevice, binding } = backend;
      const { version } = JSON.parse(readFileSync(join(main, '..', '..', 'package.json'), 'utf8')) as {
        version: string;
      };
      return { name, version, libraryVersion: binding.TF_Version, isUsingGpu: isUsingGpuDevice, ...settings };
    } catch (error) {
      const problem = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
      failures.push(`${name} does not load: ${problem.trim().replace(/\.$/, '')}.`);
    }
  }
  const folder = packagesFolder();
  const place = folder === undefined ? 'is installed' : `is in the folder of $TFJS_NODE, ${folder}`;
  const reason = found.length === 0 ? `no TensorFlow package ${place}.` : failures.join(' ');
  const rebuild = `Run \`npm rebuild ${found[0]?.name}\`, link it by hand (${LINKING}), or use --engine wasm.`;
  const remedy = found.length === 0 ? TENSORFLOW_REMEDY : rebuild;
  throw new EngineError({ code: 'engine-unavailable', engine: 'tensorflow', reason, remedy });
}
