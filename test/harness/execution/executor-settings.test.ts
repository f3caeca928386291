import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readExecutorSettings } from '../../../harness/execution/read-executor-settings.js';
import { temporaryFolder } from '../fake/fake-runs.js';

function fileWith(text: string): string {
  const file = join(temporaryFolder(), 'vlm-bench.config.yaml');
  writeFileSync(file, text);
  return file;
}

function problemOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

describe('settings of executors', () => {
  test('perform runs beside the command where nothing is said', () => {
    expect(readExecutorSettings().executor).toBe('local');
    expect(readExecutorSettings({ config: fileWith('# nothing yet\n') }).executor).toBe('local');
  });

  test('are taken from the command before the file, value by value', () => {
    const config = fileWith('executor: slurm\nslurm: { partition: gpu, devices: 2, memory: 8G }\n');
    const settings = readExecutorSettings({
      config,
      set: ['slurm.partition=debug', 'slurm.timeLimit=4:00:00'],
      jobs: 3,
    });
    expect(settings.executor).toBe('slurm');
    expect(settings.slurm).toMatchObject({
      partition: 'debug',
      devices: 2,
      memory: '8G',
      timeLimit: '4:00:00',
      atOnce: 3,
    });
    expect(readExecutorSettings({ config, executor: 'local' }).executor).toBe('local');
    expect(readExecutorSettings({ set: ['slurm.partition=a', 'slurm.partition=b'] }).slurm.partition).toBe('b');
    expect(readExecutorSettings({ set: ['slurm.options=["--exclude=n1"]'] }).slurm.options).toEqual(['--exclude=n1']);
    expect(readExecutorSettings({ set: ['slurm.container=apptainer exec {x'] }).slurm.container).toBe(
      'apptainer exec {x',
    );
  });

  test.each([
    [
      'an unknown key',
      'slurm:\n  partiton: gpu\n',
      ':2:3',
      'error: unknown key "partiton" in slurm',
      'did you mean "partition"?',
    ],
    [
      'an unknown executor',
      'executor: slurn\n',
      ':1:11',
      'error: executor is the text "slurn"',
      'did you mean "slurm"?',
    ],
    [
      'text for a number',
      'slurm:\n  devices: two\n',
      ':2:12',
      'error: slurm.devices is the text "two"',
      'a finite number',
    ],
    ['a key twice', 'slurm:\n  devices: 1\n  devices: 2\n', ':3:3', 'error: duplicate key "devices"', 'each key once'],
    [
      'what a shell would obey',
      'slurm:\n  partition: "a; rm -r x"\n',
      ':2:14',
      'error: slurm.partition cannot be that',
      'a name of letters',
    ],
    [
      'a size without a unit',
      'slurm: { memory: "4" }\n',
      ':1:18',
      'error: slurm.memory cannot be that',
      'a size in M or G, such as 4G',
    ],
    [
      'half an hour in minutes',
      'slurm: { timeLimit: "30" }\n',
      ':1:21',
      'error: slurm.timeLimit cannot be that',
      'hours, minutes and seconds',
    ],
    [
      'nodes that GPUs cannot be spread over',
      'slurm: { nodes: 2, devices: 3 }\n',
      ':1:',
      'error: slurm.devices',
      'a multiple of nodes',
    ],
  ])('refuse %s with its place', (_, text, place, what, hint) => {
    const file = fileWith(text);
    const message = problemOf(() => readExecutorSettings({ config: file }));
    expect(message).toContain(what);
    expect(message).toContain(`where:    ${file}${place}`);
    expect(message).toContain(hint);
  });

  test('refuse an option with its name', () => {
    expect(problemOf(() => readExecutorSettings({ set: ['slurm.memory=lots'] }))).toMatch(
      /slurm\.memory cannot be that\n {2}where: {4}--set slurm\.memory=lots\n/,
    );
    expect(problemOf(() => readExecutorSettings({ set: ['partition'] }))).toMatch(/--set partition sets nothing/);
    expect(problemOf(() => readExecutorSettings({ set: ['slurn.memory=4G'] }))).toMatch(/unknown key "slurn"/);
  });
});
