/** Engines that are no bit-for-bit copies of wasm, where they are built, train as it does: its losses, and each other's checkpoints. */
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../reference-model/checkpoint/checkpoint-folder.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { activateTorchEngine } from '../../../reference-model/engines/torch/engine.js';
import { torchSettings } from '../../../reference-model/engines/torch/settings.js';
import { createLearner } from '../../../reference-model/training/create-learner.js';
import { isTensorflowAvailable, isTorchAvailable } from '../backends.js';
import { tinyModel } from '../model/tiny-model.js';
import { tinyRun } from './tiny-run.js';
import { ALL, finish, savedBy, startedLearner, steps } from './tiny-steps.js';

const ENGINES = [
  {
    name: 'torch',
    isAvailable: isTorchAvailable,
    activate: () => activateTorchEngine({ ...torchSettings({}), device: 'cpu' }),
  },
  { name: 'tensorflow', isAvailable: isTensorflowAvailable, activate: () => activateEngine('tensorflow') },
];

describe.each(ENGINES)('a learner on $name', ({ isAvailable, activate }) => {
  it.skipIf(!isAvailable)('agrees with wasm over fifty steps', async () => {
    await activateEngine('wasm');
    const wasm = startedLearner();
    const expected = steps(wasm, 0, 50);
    finish(wasm);
    await activate();
    const other = startedLearner();
    const losses = steps(other, 0, 50);
    finish(other);
    losses.forEach((loss, i) => {
      expect(Math.abs(loss - expected[i]!) / expected[i]!, `step ${i + 1}`).toBeLessThan(1e-4);
    });
    expect(losses.at(-1)!).toBeLessThan(0.75 * losses[0]!);
  });

  it.skipIf(!isAvailable)('goes on where wasm stopped, and wasm where it stopped', async () => {
    await activateEngine('wasm');
    const whole = startedLearner();
    const expected = steps(whole, 0, 15);
    const first = startedLearner();
    steps(first, 0, 5);
    const fromWasm = await savedBy(first, 5);
    finish(whole);
    finish(first);

    const goOn = async (folder: string, from: number, to: number) => {
      const learner = createLearner({ model: tinyModel({ seed: 9 }), optimizer: tinyRun().recipe.optimizer });
      expect(await learner.restore(folder)).toEqual({ run: 'some run', step: from });
      learner.enterStage(ALL, { resumed: true });
      const losses = steps(learner, from, to);
      const next = await savedBy(learner, to);
      finish(learner);
      return { losses, next };
    };
    await activate();
    const middle = await goOn(fromWasm, 5, 10);
    expect(openCheckpoint(middle.next).updates).toBe(10);
    await activateEngine('wasm');
    const end = await goOn(middle.next, 10, 15);
    [...middle.losses, ...end.losses].forEach((loss, i) => {
      expect(Math.abs(loss - expected[i + 5]!) / expected[i + 5]!, `step ${i + 6}`).toBeLessThan(1e-4);
    });
  });
});
