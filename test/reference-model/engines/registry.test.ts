/** Choosing engines, and what `doctor` says about each. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test, vi } from 'vitest';
import { activateEngine, diagnoseEngines } from '../../../reference-model/engines/registry.js';
import { installedTensorflowPackages } from '../../../reference-model/engines/tensorflow/engine.js';

describe('activateEngine', () => {
  test('auto without a GPU engine takes wasm', async () => {
    const engine = await activateEngine('auto');
    expect(engine).toMatchObject({ name: 'wasm', backend: 'vlm-wasm', precision: 'float32' });
    expect(engine.numerics).toMatch(/^wasm-[0-9a-f]{64}$/);
    expect(tf.getBackend()).toBe('vlm-wasm');
  });

  test('a chosen engine is taken, twice with the same identity', async () => {
    const [first, second] = [await activateEngine('wasm'), await activateEngine('wasm')];
    expect(second).toEqual(first);
  });

  test('an engine that is not there is refused with reason and remedy, and the current one stays', async () => {
    await activateEngine('wasm');
    vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(tmpdir(), 'vlm-bench-no-builds-')));
    await expect(activateEngine('torch')).rejects.toMatchObject({
      name: 'EngineError',
      defect: { code: 'engine-unavailable', engine: 'torch', remedy: expect.stringContaining('--engine wasm') },
    });
    vi.unstubAllEnvs();
    expect(tf.getBackend()).toBe('vlm-wasm');
  });

  test.skipIf(installedTensorflowPackages().length > 0)(
    'tensorflow without its package names the package',
    async () => {
      await expect(activateEngine('tensorflow')).rejects.toThrow(/no TensorFlow package is installed.*tfjs-node-gpu/);
    },
  );
});

test('diagnoseEngines lists every engine, with a remedy where one is missing', async () => {
  const diagnoses = await diagnoseEngines();
  expect(diagnoses.map(({ name }) => name)).toEqual(['wasm', 'tensorflow', 'torch']);
  expect(diagnoses[0]).toMatchObject({ available: true });
  for (const diagnosis of diagnoses) {
    if (!diagnosis.available) expect(`${diagnosis.reason} ${diagnosis.remedy}`).toMatch(/\w+\. \w+.*\.$/);
  }
});
