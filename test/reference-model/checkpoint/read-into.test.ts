/** Tensors that are read where they will lie are those that are read as arrays, whatever their type and length, and a failure leaves nothing. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNamedSuite } from '../../../harness/suite/find-suite.js';
import { loadModel } from '../../../reference-model/checkpoint/hugging-face/load-model.js';
import { encodeHeader } from '../../../reference-model/checkpoint/safetensors-header.js';
import { openTensors } from '../../../reference-model/checkpoint/tensor-file.js';
import { filledTensor } from '../../../reference-model/engines/filled-tensor.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { parameterSpecifications } from '../../../reference-model/model/parameters.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-read-into-'));
beforeAll(async () => {
  await activateEngine('wasm');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Every pattern of 16 bits, and more than is read at once; the last part is shorter than the others. */
const LENGTH = 2 ** 17 + 2 ** 16 + 5;

function fileOf(dtype: 'F16' | 'BF16' | 'F32'): string {
  const file = join(folder, `${dtype}.safetensors`);
  const patterns = Uint16Array.from({ length: dtype === 'F32' ? 2 * LENGTH : LENGTH }, (_, index) => index);
  const header = encodeHeader([['t', { dtype, shape: [LENGTH] }]], {});
  writeFileSync(file, Buffer.concat([header, new Uint8Array(patterns.buffer)]));
  return file;
}

describe.each(['F16', 'BF16', 'F32'] as const)('a tensor of %s', (dtype) => {
  test('is read into the engine with the bits that an array has', () => {
    const source = openTensors(fileOf(dtype)).get('t')!;
    const tensor = filledTensor([LENGTH], source.readInto!);
    const bitsOf = (values: ArrayLike<number>) => new Uint32Array(Float32Array.from(values).buffer);
    expect(bitsOf(tensor.dataSync()).join()).toBe(bitsOf(source.read()).join());
    tensor.dispose();
  });

  test('is handed over in parts with the same bits', () => {
    const source = openTensors(fileOf(dtype)).get('t')!;
    const parts: Uint8Array[] = [];
    for (const { buffer, byteOffset, byteLength } of source.parts!()) {
      parts.push(new Uint8Array(buffer, byteOffset, byteLength).slice());
    }
    expect(parts.length).toBeGreaterThan(1);
    const values = source.read();
    const whole = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
  });

  test('whose file is cut after it was opened is an error that leaves no tensor', () => {
    const file = fileOf(dtype);
    const source = openTensors(file).get('t')!;
    const before = tf.memory().numTensors;
    truncateSync(file, readFileSync(file).length - 1000);
    expect(() => filledTensor([LENGTH], source.readInto!)).toThrow(/ends 1000 bytes early/);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a model that does not fit the memory of WebAssembly', () => {
  test('is refused with its size and the engine that takes it, before any of it is read', () => {
    const { paper } = readNamedSuite('finding-1').scales;
    const model = { ...paper!.model, language: { ...paper!.model.language, hiddenSize: 1792, layers: 28 } };
    const refuse = (): never => {
      throw new Error('a tensor was read');
    };
    const tensors = parameterSpecifications(model).map(({ name, shape }) => {
      return [name, { dtype: 'BF16', shape, read: refuse, readInto: refuse }] as const;
    });
    expect(() => loadModel(model, new Map(tensors))).toThrow(/GiB.*torch/s);
  });
});
