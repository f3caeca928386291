/** Choosing engines, and what `doctor` says about each. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { activateEngine, diagnoseEngines } from '../../../reference-model/engines/registry.js';
import { installedTensorflowPackages } from '../../../reference-model/engines/tensorflow/package.js';

afterEach(() => void vi.unstubAllEnvs());

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
    expect(tf.getBackend()).toBe('vlm-wasm');
  });

  test.skipIf(installedTensorflowPackages().length > 0)(
    'tensorflow without its package names the package',
    async () => {
      await expect(activateEngine('tensorflow')).rejects.toThrow(/no TensorFlow package is installed.*tfjs-node-gpu/);
    },
  );

  test('tensorflow is looked for in the folder of $TFJS_NODE alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-no-tensorflow-'));
    vi.stubEnv('TFJS_NODE', folder);
    await expect(activateEngine('tensorflow')).rejects.toThrow(`in the folder of $TFJS_NODE, ${folder}.`);
    const broken = join(folder, 'node_modules', '@tensorflow', 'tfjs-node');
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, 'index.js'), 'throw new Error("no binding\\nat all");');
    const { engine, code, ...text } = await activateEngine('tensorflow').catch(({ defect }) => defect);
    expect({ engine, code }).toEqual({ engine: 'tensorflow', code: 'engine-unavailable' });
    expect(text).toEqual({
      reason: '@tensorflow/tfjs-node does not load: no binding.',
      remedy:
        'Run `npm rebuild @tensorflow/tfjs-node`, link it by hand (reference-model/engines/tensorflow/README.md), or use --engine wasm.',
    });
  });
});

test('diagnoseEngines leaves the current engine and its gradients as they are', async () => {
  await activateEngine('wasm');
  const gradient = () =>
    tf.tidy(() => {
      const toBoth = tf.grads((a, b) => tf.maximum(a!, b!))([
        tf.tensor2d([[1, 4]]),
        tf.tensor2d([
          [2, 3],
          [5, 0],
        ]),
      ]);
      return toBoth.map((to) => [...to.dataSync()]);
    });
  const before = gradient();
  await diagnoseEngines();
  expect(tf.getBackend()).toBe('vlm-wasm');
  expect(gradient()).toEqual(before);
  expect(before).toEqual([
    [0, 2],
    [1, 0, 1, 0],
  ]);
});

test('diagnoseEngines lists every engine, with a remedy where one is missing', async () => {
  const diagnoses = await diagnoseEngines();
  expect(diagnoses.map(({ name }) => name)).toEqual(['wasm', 'tensorflow', 'torch']);
  expect(diagnoses[0]).toMatchObject({ available: true });
  for (const diagnosis of diagnoses) {
    if (!diagnosis.available) expect(`${diagnosis.reason} ${diagnosis.remedy}`).toMatch(/\w+\. \w+.*\.$/);
  }
});
