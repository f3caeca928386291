/**
 * Equal bits on every machine: the SHA-256 over the outputs of a fixed chain of kernels. After a deliberate change of the
 * kernels, run `npx vitest run test/reference-model/engines/golden.test.ts`, check that all other tests of this folder pass,
 * and copy the hash that the failure reports; runs recorded before are then no longer comparable bit by bit.
 */
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { FusedKernel } from '../../../reference-model/ops/kernels.js';
import { numbers } from './float64.js';

const GOLDEN = 'bedceb79bbf4a23f3e84c859104ad9147e57775fbc6505130fbca6e1eaf3b0e0';

test('a fixed chain of kernels has its recorded hash', async () => {
  await activateEngine('wasm');
  const hash = createHash('sha256');
  const run = (name: string, inputs: tf.NamedTensorMap, attributes = {}): tf.Tensor[] => {
    const outputs = [tf.engine().runKernel(name, inputs, attributes) as tf.Tensor | tf.Tensor[]].flat();
    for (const output of outputs) hash.update(Uint8Array.from(new Uint8Array(output.dataSync().slice().buffer)));
    return outputs;
  };
  tf.tidy(() => {
    const [batch, length, heads, channels, vocabulary] = [2, 13, 3, 10, 37];
    const width = heads * channels;
    const tensor = (shape: number[], seed: number, scale = 1) =>
      tf.tensor(numbers(tf.util.sizeFromShape(shape), seed, scale), shape);
    const integers = (shape: number[], limit: number) =>
      tf.tensor(
        Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => (i * 7) % limit),
        shape,
        'int32',
      );
    const ids = integers([batch, length], vocabulary);
    const table = tensor([vocabulary, width], 1);
    const scale = tf.add(tensor([width], 2), 1);
    const offset = tensor([width], 3);
    const epsilon = 1e-6;
    const [x] = run(FusedKernel.EmbeddingLookup, { table, ids });
    const [normed] = run(FusedKernel.LayerNorm, { x: x!, scale, offset }, { epsilon });
    const [projected] = run(FusedKernel.Linear, { x: normed!, weight: tensor([width, width], 4), bias: offset });
    const perHead = tf.reshape(projected!, [batch, length, heads, channels]);
    const angles = { cosine: tensor([length, channels / 2], 5), sine: tensor([length, channels / 2], 6) };
    const positions = integers([batch, length], length);
    const [query] = run(FusedKernel.RotaryEmbedding, { x: perHead, positions, ...angles }, { inverse: false });
    const mask = tf.cast(
      tf.tensor(
        numbers(batch * length * length, 7).map((v) => (v > -0.5 ? 1 : 0)),
        [batch, length, length],
      ),
      'bool',
    );
    const heads4d = { query: query!, key: perHead, value: perHead, mask };
    const [attended, probabilities] = run(FusedKernel.Attention, heads4d, { scale: 0.3 });
    run(
      FusedKernel.AttentionGradient,
      { outputGradient: perHead, ...heads4d, probabilities: probabilities! },
      { scale: 0.3 },
    );
    const mixed = tf.add(tf.reshape(attended!, [batch * length, width]), tf.reshape(x!, [batch * length, width]));
    const [rms] = run(FusedKernel.RmsNorm, { x: mixed, scale }, { epsilon });
    run(FusedKernel.LayerNormGradient, { outputGradient: rms!, x: mixed, scale }, { epsilon });
    run(FusedKernel.RmsNormGradient, { outputGradient: rms!, x: mixed, scale }, { epsilon });
    const [activated] = run(FusedKernel.Gelu, { x: tf.mul(rms!, 3) });
    run(FusedKernel.GeluGradient, { outputGradient: rms!, x: activated! });
    const [gated] = run(FusedKernel.Swiglu, { gate: rms!, up: activated! });
    run(FusedKernel.SwigluGradient, { outputGradient: rms!, gate: activated!, up: gated! });
    const logits = tf.mul(tf.matMul(gated!, table, false, true), 4);
    const labels = tf.reshape(ids, [batch * length]);
    const ignoring = { ignoreIndex: 0 };
    const [losses] = run(FusedKernel.SoftmaxCrossEntropy, { logits, labels }, ignoring);
    const [gradient] = run(
      FusedKernel.SoftmaxCrossEntropyGradient,
      { outputGradient: losses!, logits, labels },
      ignoring,
    );
    const tableGradient = tf.matMul(gradient!, gated!, true, false);
    run(FusedKernel.EmbeddingGradient, { outputGradient: x!, ids }, { vocabularySize: vocabulary });
    run(FusedKernel.SquaredNorms, { x0: tableGradient });
    run(
      FusedKernel.AdamW,
      { parameter: table, gradient: tableGradient, firstMoment: tf.zerosLike(table), secondMoment: tf.onesLike(table) },
      {
        ...{ learningRate: 1e-2, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 },
        ...{ biasCorrection1: 0.1, biasCorrection2: 0.05, gradientScale: 0.5 },
      },
    );
    for (const operation of [tf.exp, tf.tanh, tf.sigmoid, tf.sin, tf.cos])
      hash.update(operation(mixed).dataSync() as Float32Array);
    hash.update(tf.sum(mixed, 0).dataSync() as Float32Array);
    hash.update(tf.mean(mixed, 1).dataSync() as Float32Array);
    hash.update(tf.log(tf.abs(mixed)).dataSync() as Float32Array);
  });
  expect(hash.digest('hex')).toBe(GOLDEN);
});
