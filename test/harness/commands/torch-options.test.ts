/** The options of the engine torch reach the settings that the processes of runs read, and nothing else of a command. */
import { Command } from 'commander';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { addTorchOptions } from '../../../harness/commands/torch-options.js';
import { TORCH_VARIABLES, torchSettings } from '../../../reference-model/engines/torch/settings.js';

afterEach(() => vi.unstubAllEnvs());

async function settingsAfter(...args: readonly string[]) {
  for (const variable of Object.values(TORCH_VARIABLES)) vi.stubEnv(variable, undefined);
  const command = addTorchOptions(new Command('some').exitOverride().configureOutput({ writeErr: () => {} }));
  await command.action(() => {}).parseAsync([...args], { from: 'user' });
  return torchSettings();
}

describe('options of the engine torch', () => {
  test('by default a run is in float32 on one thread, and takes a GPU where there is one', async () => {
    expect(await settingsAfter()).toEqual({
      device: 'auto',
      precision: 'float32',
      threads: 1,
      deterministic: false,
      checkpointing: 'none',
      devices: 1,
      shardOptimizer: false,
      timeout: 600,
    });
  });

  test('each is a setting', async () => {
    const typed = ['--device', 'cuda:1', '--precision', 'bfloat16', '--threads', '4', '--deterministic'];
    const ranks = ['--devices', '2', '--shard-optimizer'];
    expect(await settingsAfter(...typed, '--activation-checkpointing', 'blocks', ...ranks)).toEqual({
      device: 'cuda:1',
      precision: 'bfloat16',
      threads: 4,
      deterministic: true,
      checkpointing: 'blocks',
      devices: 2,
      shardOptimizer: true,
      timeout: 600,
    });
  });

  test.each([
    ['--device', 'gpu'],
    ['--precision', 'int8'],
    ['--threads', '0'],
    ['--activation-checkpointing', 'some'],
  ])('%s %s is wrong usage', async (...args) => {
    await expect(settingsAfter(...args)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });

  test('a variable that holds no setting is an error that names it', () => {
    expect(() => torchSettings({ VLM_BENCH_TORCH_PRECISION: 'int8' })).toThrow(
      /VLM_BENCH_TORCH_PRECISION is "int8", which is no precision/,
    );
  });
});
