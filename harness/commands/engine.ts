/** `vlm-bench engine`: build what the engine `torch` needs, say what is built or whether `tensorflow` works, and remove builds. */
import { Argument, type Command } from 'commander';
import type { EngineDiagnosis } from '../../reference-model/engines/engine.js';
import { logText, printJson, printNote, printText } from '../log-text.js';
import { jsonOption, positiveInteger } from './options.js';

interface BuildOptions {
  readonly libtorch?: string;
  readonly compiler?: string;
  readonly jobs?: number;
  readonly force?: true;
  readonly json?: true;
}

const engineArgument = () => new Argument('<engine>', 'the engine').choices(['torch']);

export function registerEngine(program: Command): void {
  const engine = program.command('engine').description('build, inspect and remove the addon of the engine torch');
  engine
    .command('build')
    .description('compile the addon against a libtorch of this machine, into the user’s cache')
    .addArgument(engineArgument())
    .option('--libtorch <dir>', 'folder of libtorch (default: $LIBTORCH, then the torch package of python3)')
    .option('--compiler <program>', 'C++ compiler (default: $CXX, then g++, then clang++)')
    .option('--jobs <n>', 'files compiled at the same time (default: one per core)', positiveInteger)
    .option('--force', 'build again what is built already')
    .addOption(jsonOption())
    .action(build);
  engine
    .command('status')
    .description('which builds of torch there are, and whether one works here; or whether tensorflow does')
    .addArgument(new Argument('[engine]', 'the engine').choices(['torch', 'tensorflow']).default('torch'))
    .addOption(jsonOption())
    .action(status);
  engine
    .command('remove')
    .description('remove all builds')
    .addArgument(engineArgument())
    .addOption(jsonOption())
    .action(remove);
}

async function build(_engine: string, { json, force, ...request }: BuildOptions): Promise<void> {
  const { buildTorchAddon } = await import('../../reference-model/engines/torch/build/build.js');
  const { build, isCached } = await buildTorchAddon({
    ...request,
    force: force === true,
    onUnit: ({ name, done, total }) => printNote(`compiled ${name} (${done} of ${total})`),
  });
  if (json === true) return printJson({ ...build, isCached });
  printNote(isCached ? 'built already' : 'built');
  printText(logText(build.folder, 4000));
}

async function status(name: 'torch' | 'tensorflow', { json }: { readonly json?: true }): Promise<void> {
  if (name === 'tensorflow') {
    const { diagnoseTensorflowEngine } = await import('../../reference-model/engines/tensorflow/engine.js');
    const diagnosis = await diagnoseTensorflowEngine();
    return json === true ? printJson({ diagnosis }) : printDiagnosis(diagnosis);
  }
  const { storedBuilds, usableBuild } = await import('../../reference-model/engines/torch/build/build-store.js');
  const { diagnoseTorchEngine } = await import('../../reference-model/engines/torch/engine.js');
  const builds = storedBuilds();
  const used = usableBuild(builds)?.folder;
  const diagnosis = diagnoseTorchEngine();
  if (json === true)
    return printJson({ builds: builds.map((build) => ({ ...build, isUsed: build.folder === used })), diagnosis });
  for (const { folder, torchVersion, libtorch } of builds) {
    printText(logText(`${folder === used ? '*' : ' '} torch ${torchVersion} of ${libtorch} in ${folder}`, 4000));
  }
  printDiagnosis(diagnosis);
}

function printDiagnosis(diagnosis: EngineDiagnosis): void {
  printText(
    logText(
      diagnosis.available ? `works: ${diagnosis.detail}` : `unavailable: ${diagnosis.reason} ${diagnosis.remedy}`,
      4000,
    ),
  );
}

async function remove(_engine: string, { json }: { readonly json?: true }): Promise<void> {
  const { removeBuilds } = await import('../../reference-model/engines/torch/build/build-store.js');
  const removed = removeBuilds();
  if (json === true) return printJson({ removed: removed.map(({ folder }) => folder) });
  printText(removed.length === 1 ? 'removed 1 build' : `removed ${removed.length} builds`);
}
