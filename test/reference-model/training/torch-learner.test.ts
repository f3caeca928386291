/**
 * What the engine torch does beyond what every learner must and beyond parity: 16-bit precision, recomputed blocks, and nothing that is
 * left on the device.
 */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { openCheckpoint } from '../../../reference-model/checkpoint/checkpoint-folder.js';
import { activateTorchEngine, activeTorch } from '../../../reference-model/engines/torch/engine.js';
import { type TorchSettings, torchSettings } from '../../../reference-model/engines/torch/settings.js';
import type { MaskKind } from '../../../reference-model/model/config.js';
import type { MaskFamily } from '../../../reference-model/ops/attention-mask.js';
import { RankError } from '../../../reference-model/ranks/ranks.js';
import { createLearner } from '../../../reference-model/training/create-learner.js';
import type { Learner } from '../../../reference-model/training/learner.js';
import { isTorchAvailable } from '../backends.js';
import { tinyModel } from '../model/tiny-model.js';
import { tinyRun } from './tiny-run.js';
import { ALL, finish, learn, learnUnread, RATES, savedBy, startedLearner, steps } from './tiny-steps.js';

const use = (settings: Partial<TorchSettings> = {}) =>
  activateTorchEngine({ ...torchSettings({}), device: 'cpu', ...settings });

async function weightsOf(learner: Learner): Promise<ReadonlyMap<string, Float32Array>> {
  const { weights } = openCheckpoint(await savedBy(learner, 1));
  return new Map([...weights].map(([name, { read }]) => [name, read() as Float32Array]));
}

/** After a first step: the gradients, times a factor. */
async function firstMomentsOf(learner: Learner): Promise<ReadonlyMap<string, Float32Array>> {
  const { moments } = openCheckpoint(await savedBy(learner, 1));
  const first = [...moments].filter(([name]) => name.startsWith('first_moment:'));
  return new Map(first.map(([name, { read }]) => [name, read() as Float32Array]));
}

describe.skipIf(!isTorchAvailable)('a learner on libtorch', () => {
  it.each(['blocks', 'all'] as const)('recomputing %s gives the same losses and gradients', async (checkpointing) => {
    await use();
    const kept = startedLearner();
    const expected = steps(kept, 0, 1);
    const gradients = await firstMomentsOf(kept);
    expected.push(...steps(kept, 1, 6));
    finish(kept);
    await use({ checkpointing });
    const recomputed = startedLearner();
    const losses = steps(recomputed, 0, 1);
    const again = await firstMomentsOf(recomputed);
    for (const [name, values] of gradients) {
      // The bias of the encoder's keys has a gradient by rounding alone.
      const scale = Math.max(1e-3, ...values.map(Math.abs));
      const difference = Math.max(...values.map((value, i) => Math.abs(value - again.get(name)![i]!)));
      expect(difference / scale, name).toBeLessThan(1e-5);
    }
    losses.push(...steps(recomputed, 1, 6));
    losses.forEach((loss, i) => {
      expect(Math.abs(loss - expected[i]!) / expected[i]!).toBeLessThan(1e-6);
    });
    finish(recomputed);
  });

  it('names the rank that an update waited for in vain', async () => {
    await use();
    const learner = startedLearner();
    const update = vi.spyOn(activeTorch()!.backend.torch, 'adamW').mockImplementation(() => {
      throw Object.assign(new Error('1\nit gave no sign of life'), { code: 'TORCH_GROUP' });
    });
    const begun = () => learnUnread(learner, 1);
    expect(begun).toThrow(RankError);
    expect(begun).toThrow('rank 1: it gave no sign of life');
    update.mockRestore();
    finish(learner);
  });

  it('recomputes only blocks that a gradient passes through', async () => {
    await use({ checkpointing: 'blocks' });
    const learner = createLearner({ model: tinyModel(), optimizer: tinyRun().recipe.optimizer });
    for (const trainable of [['connector'], ['vision'], ['language']] as const) {
      learner.enterStage(trainable);
      expect(steps(learner, 0, 2).every(Number.isFinite), trainable[0]).toBe(true);
    }
    finish(learner);
  });

  // Eight and eleven bits of mantissa against 24: what rounding weights and activations may change of a loss near 3.
  it.each([
    ['bfloat16', 0.1],
    ['float16', 0.02],
  ] as const)('in %s stays within %d of the losses of float32', async (precision, bound) => {
    await use();
    const exact = startedLearner();
    const expected = steps(exact, 0, 4);
    finish(exact);
    await use({ precision });
    const rounded = startedLearner();
    const losses = steps(rounded, 0, 4);
    losses.forEach((loss, i) => {
      expect(Math.abs(loss - expected[i]!), `step ${i + 1}`).toBeLessThan(bound);
    });
    // Updates far smaller than the spacing of 16-bit numbers add up in the float32 weights.
    const before = await weightsOf(rounded);
    steps(rounded, 4, 8);
    const after = await weightsOf(rounded);
    const name = 'language_model.model.norm.weight';
    expect(after.get(name)).not.toEqual(before.get(name));
    expect(after.get(name)!.some((value) => value !== Math.fround(Math.round(value * 2048) / 2048))).toBe(true);
    finish(rounded);
  });

  it('in float16 skips a step that overflows, halves the scale and does not count it', async () => {
    await use({ precision: 'float16' });
    const learner = startedLearner();
    learn(learner, 1);
    const before = await weightsOf(learner);
    const table = 'language_model.model.embed_tokens.weight';
    learner.backward(() => tf.mul(tf.sum(learner.model.weights(table)), 30_000) as tf.Scalar);
    learner.update(RATES, { stage: 'joint', step: 2, exampleIds: [] });
    expect(learner.settle().at(-1)).toMatchObject({ step: 2, skipped: true });
    expect(await weightsOf(learner)).toEqual(before);
    const checkpoint = openCheckpoint(await savedBy(learner, 2));
    expect(checkpoint.updates).toBe(1);
    expect([...checkpoint.moments.get('loss_scale')!.read()]).toEqual([32_768, 0]);
    finish(learner);
  });

  it('in 16 bits keeps frozen parts in 16 bits, and learns them in 32 when their stage comes', async () => {
    await use({ precision: 'bfloat16' });
    const { backend } = activeTorch()!;
    const learner = createLearner({ model: tinyModel(), optimizer: tinyRun().recipe.optimizer });
    const typesOf = () =>
      new Set(
        [...learner.model.parameters.values()].map(
          ({ part, variable }) => `${part} ${backend.torch.describe(backend.handleOf(variable)).split(' ')[0]}`,
        ),
      );
    learner.enterStage(['connector']);
    learn(learner, 1);
    expect(typesOf()).toEqual(new Set(['vision bfloat16', 'connector float32', 'language bfloat16']));
    learner.enterStage(ALL);
    learn(learner, 2);
    expect(typesOf()).toEqual(new Set(['vision float32', 'connector float32', 'language float32']));
    finish(learner);
  });

  it('where all masks are causal takes them as a flag, for the same losses, and tells that it does', async () => {
    const run = async (masks: MaskFamily, kind: MaskKind) => {
      const { numerics } = await activateTorchEngine({ ...torchSettings({}), device: 'cpu' }, masks);
      const { torch } = activeTorch()!.backend;
      const bias = vi.spyOn(torch, 'attentionBias');
      const learner = startedLearner();
      const losses = Array.from({ length: 8 }, (_, i) => learn(learner, i + 1, kind));
      const biases = bias.mock.calls.length;
      bias.mockRestore();
      finish(learner);
      return { numerics, losses, biases };
    };
    const masked = await run('mixed', 'causal');
    const flagged = await run('causal', 'causal');
    flagged.losses.forEach((loss, i) => {
      expect(Math.abs(loss - masked.losses[i]!) / loss).toBeLessThan(1e-5);
    });
    expect([masked.biases > 0, flagged.biases]).toEqual([true, 0]);
    expect(masked.numerics).not.toContain('-causal-');
    expect(flagged.numerics).toMatch(/-attention-\w+-causal-\w+-\w+/);
    // A mask that no flag can say is given as numbers as ever.
    expect((await run('causal', 'visual-bidirectional')).losses).toEqual(
      (await run('mixed', 'visual-bidirectional')).losses,
    );
  });

  it('reads nothing from the device within a step, however many there are before they are settled', async () => {
    for (const settings of [
      {},
      { precision: 'bfloat16' },
      { precision: 'float16' },
      { checkpointing: 'blocks' },
      { checkpointing: 'all' },
    ] as const) {
      await use(settings);
      const learner = startedLearner();
      const download = vi.spyOn(activeTorch()!.backend.torch, 'download');
      for (let step = 1; step <= 3; step++) learnUnread(learner, step);
      expect(download).not.toHaveBeenCalled();
      expect(learner.settle()).toHaveLength(3);
      expect(download).toHaveBeenCalled();
      download.mockRestore();
      finish(learner);
    }
  });

  it('leaves no handle behind', async () => {
    for (const settings of [{}, { checkpointing: 'all' }, { precision: 'float16' }] as const) {
      await use(settings);
      const { torch } = activeTorch()!.backend;
      const learner = startedLearner();
      steps(learner, 0, 6); // the last masks are kept: as many as there may be
      const before = torch.live();
      steps(learner, 6, 12);
      expect(torch.live()).toBe(before);
      finish(learner);
    }
  });
});
