/**
 * The engine's matrix product against XNNPACK inside @tensorflow/tfjs-backend-wasm, in one process, on one thread, both through
 * tfjs's dispatch. Ratios are theirs / ours in time. Theirs has a fast path only for single untransposed products, so NT and TN
 * are compared with its NN: the harder rival.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { activateEngine } from '../../reference-model/engines/registry.js';
import { interleavedMedians, type Measurement } from './measurement.js';

const THEIRS = 'wasm';

interface Product {
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

async function randomOn(backend: string, shape: readonly number[], seed: number): Promise<tf.Tensor> {
  await tf.setBackend(backend);
  let state = seed;
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
  return tf.tensor(values, [...shape]);
}

/** Multiplies `times` times, so that a timing is well above the clock's grain. */
async function multiply(backend: string, { a, b, transposeA = false, transposeB = false }: Product, times: number) {
  await tf.setBackend(backend);
  for (let i = 0; i < times; i++) tf.matMul(a, b, transposeA, transposeB).dispose();
}

async function square(n: number, ours: string): Promise<Measurement[]> {
  const times = Math.max(1, Math.round(2e8 / (2 * n ** 3)));
  const rounds = n >= 1024 ? 9 : 21;
  const operands = async (backend: string) => ({
    a: await randomOn(backend, [n, n], 1),
    b: await randomOn(backend, [n, n], 2),
  });
  const own = await operands(ours);
  const rival = await operands(THEIRS);
  const forms = { NN: {}, NT: { transposeB: true }, TN: { transposeA: true } } as const;
  const milliseconds = await interleavedMedians(
    {
      theirs: () => multiply(THEIRS, rival, times),
      NN: () => multiply(ours, own, times),
      NT: () => multiply(ours, { ...own, ...forms.NT }, times),
      TN: () => multiply(ours, { ...own, ...forms.TN }, times),
    },
    { rounds },
  );
  for (const tensor of [own.a, own.b, rival.a, rival.b]) tensor.dispose();
  const gigaflops = (time: number) => (2 * n ** 3 * times) / time / 1e6;
  return [
    { name: `gemm n=${n}: tfjs-backend-wasm NN`, value: gigaflops(milliseconds.theirs), unit: 'GFLOP/s' },
    ...(['NN', 'NT', 'TN'] as const).flatMap((form): Measurement[] => [
      { name: `gemm n=${n}: vlm-bench ${form}`, value: gigaflops(milliseconds[form]), unit: 'GFLOP/s' },
      {
        name: `gemm n=${n}: ${form} ÷ tfjs-backend-wasm NN`,
        value: milliseconds.theirs / milliseconds[form],
        unit: '×',
        bar: 1,
      },
    ]),
  ];
}

async function batched(ours: string): Promise<Measurement[]> {
  const operands = async (backend: string) => ({
    a: await randomOn(backend, [64, 64, 64], 1),
    b: await randomOn(backend, [64, 64, 32], 2),
  });
  const own = await operands(ours);
  const rival = await operands(THEIRS);
  const milliseconds = await interleavedMedians({
    theirs: () => multiply(THEIRS, rival, 4),
    ours: () => multiply(ours, own, 4),
  });
  for (const tensor of [own.a, own.b, rival.a, rival.b]) tensor.dispose();
  return [
    {
      name: 'gemm batched 64 × (64×64×32) ÷ tfjs-backend-wasm',
      value: milliseconds.theirs / milliseconds.ours,
      unit: '×',
      bar: 5,
    },
  ];
}

/** Shapes of the embedded model: rows × width, weight gradients, one attention head. */
const MODEL_SHAPES: readonly [label: string, a: number[], b: number[], transposeA: boolean, transposeB: boolean][] = [
  ['forward 1600×96 · (384×96)ᵀ', [1600, 96], [384, 96], false, true],
  ['input gradient 1600×384 · 384×96', [1600, 384], [384, 96], false, false],
  ['weight gradient (1600×384)ᵀ · 1600×96', [1600, 384], [1600, 96], true, false],
  ['heads 128 × (48×24 · (48×24)ᵀ)', [128, 48, 24], [128, 48, 24], false, true],
];

async function modelShapes(ours: string): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const [label, shapeA, shapeB, transposeA, transposeB] of MODEL_SHAPES) {
    const product = { a: await randomOn(ours, shapeA, 1), b: await randomOn(ours, shapeB, 2), transposeA, transposeB };
    const { ours: time } = await interleavedMedians({ ours: () => multiply(ours, product, 4) });
    const width = shapeB[transposeB ? shapeB.length - 2 : shapeB.length - 1]!;
    const flops = 2 * product.a.size * width * 4;
    measurements.push({ name: `gemm ${label}`, value: flops / time / 1e6, unit: 'GFLOP/s' });
    tf.dispose([product.a, product.b]);
  }
  return measurements;
}

export async function benchmarkGemm(): Promise<readonly Measurement[]> {
  const { resolve } = createRequire(import.meta.url);
  setWasmPaths(join(dirname(resolve('@tensorflow/tfjs-backend-wasm')), '/'));
  setThreadsCount(1);
  const { backend } = await activateEngine('wasm');
  const measurements: Measurement[] = [];
  for (const n of [128, 256, 512, 1024]) measurements.push(...(await square(n, backend)));
  return [...measurements, ...(await batched(backend)), ...(await modelShapes(backend))];
}
