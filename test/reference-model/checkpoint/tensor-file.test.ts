/** Streamed files against the format in memory, shards against what was written, and weights that exceed one shard. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CheckpointError,
  copyCheckpoint,
  openCheckpoint,
  readCheckpointIndex,
  writeCheckpoint,
} from '../../../reference-model/checkpoint/checkpoint-folder.js';
import { parameterArrays } from '../../../reference-model/checkpoint/load-parameters.js';
import { type NamedArray, readSafetensors, writeSafetensors } from '../../../reference-model/checkpoint/safetensors.js';
import { openShards, writeShards } from '../../../reference-model/checkpoint/shards.js';
import {
  openTensors,
  type TensorSource,
  type TensorSources,
  writeTensors,
} from '../../../reference-model/checkpoint/tensor-file.js';
import { loadWeights, saveWeights, weightsIn } from '../../../reference-model/checkpoint/trained-weights.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { fillFile } from '../../../reference-model/files/atomic-file.js';
import { createModel, disposeModel } from '../../../reference-model/model/model.js';
import { tinyRun } from '../training/tiny-run.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-tensors-'));
afterAll(() => rmSync(folder, { recursive: true }));
const newFolder = () => mkdtempSync(join(folder, 'f'));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const sourcesOf = (arrays: ReadonlyMap<string, NamedArray>): TensorSources =>
  new Map(
    [...arrays].map(([name, { shape, values }]): [string, TensorSource] => {
      const dtype = values instanceof Int32Array ? 'I32' : 'F32';
      return [name, { shape, dtype, read: () => values }];
    }),
  );
const bitsOf = (values: NamedArray['values']) => [...new Uint32Array(values.buffer, values.byteOffset, values.length)];

const array: fc.Arbitrary<NamedArray> = fc
  .tuple(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }), fc.boolean())
  .chain(([shape, isInteger]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const bits = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: length, maxLength: length });
    return bits.map((numbers): NamedArray => {
      const { buffer } = Uint32Array.from(numbers);
      return { shape, values: isInteger ? new Int32Array(buffer) : new Float32Array(buffer) };
    });
  });
const name = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text !== '__proto__');
const arrays = fc.uniqueArray(fc.tuple(name, array), { selector: ([key]) => key, maxLength: 6 });

describe('a streamed file', () => {
  it('has the bytes of one written in memory, and tells their digest', () => {
    let files = 0;
    fc.assert(
      fc.property(arrays, fc.dictionary(name, fc.string(), { maxKeys: 2 }), (entries, metadata) => {
        const tensors = new Map(entries);
        const file = join(folder, `file-${files++}`);
        const written = fillFile(file, (descriptor) => writeTensors(descriptor, sourcesOf(tensors), metadata));
        const expected = writeSafetensors(tensors, metadata);
        expect(readFileSync(file).equals(expected)).toBe(true);
        expect(written).toEqual({ bytes: expected.length, sha256: sha256(expected) });
        for (const [key, { read, shape }] of openTensors(file)) {
          expect(shape).toEqual(tensors.get(key)!.shape);
          expect(bitsOf(read())).toEqual(bitsOf(tensors.get(key)!.values));
        }
      }),
    );
  });

  it('is the same where values come in parts, and ranges of them can be read', () => {
    let files = 0;
    fc.assert(
      fc.property(arrays, fc.integer({ min: 1, max: 5 }), (entries, length) => {
        const tensors = new Map(entries);
        const inParts = [...sourcesOf(tensors)].map(([key, source]): [string, TensorSource] => {
          const values = source.read();
          const starts = Array.from({ length: Math.ceil(values.length / length) }, (_, i) => i * length);
          const parts = () => starts.map((at) => values.slice(at, at + length));
          return [key, { ...source, parts }];
        });
        const file = join(folder, `parts-${files++}`);
        fillFile(file, (descriptor) => writeTensors(descriptor, new Map(inParts)));
        expect(readFileSync(file).equals(writeSafetensors(tensors))).toBe(true);
        for (const [key, { readRange }] of openTensors(file)) {
          const { values } = tensors.get(key)!;
          const begin = Math.min(1, values.length);
          const end = Math.max(begin, values.length - 1);
          expect(bitsOf(readRange!(begin, end))).toEqual(bitsOf(values).slice(begin, end));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is refused when values do not fill their shape', () => {
    const tensor = { dtype: 'F32', shape: [2, 2], read: () => Float32Array.of(1) } as const;
    const write = () =>
      fillFile(join(newFolder(), 'f'), (descriptor) => writeTensors(descriptor, new Map([['a', tensor]])));
    expect(write).toThrow('Tensor "a" cannot be written: 1 values for F32 [2, 2].');
    const parts = { ...tensor, parts: () => [Float32Array.of(1, 2, 3), Float32Array.of(4, 5)] };
    const writeParts = () =>
      fillFile(join(newFolder(), 'f'), (descriptor) => writeTensors(descriptor, new Map([['a', parts]])));
    expect(writeParts).toThrow('Tensor "a" cannot be written: 5 values for F32 [2, 2].');
  });
});

describe('shards', () => {
  it('hold every tensor once, none in a file that could not take it, under the names of Hugging Face', () => {
    fc.assert(
      fc.property(arrays, fc.integer({ min: 1, max: 64 }), (entries, shardBytes) => {
        const tensors = new Map(entries);
        const target = newFolder();
        const { map, shards } = writeShards(target, 'model', sourcesOf(tensors), { shardBytes });
        const files = readdirSync(target).sort();
        expect(Object.keys(shards)).toEqual(files);
        const number = (n: number) => String(n).padStart(5, '0');
        expect(files).toEqual(files.map((_, i) => `model-${number(i + 1)}-of-${number(files.length)}.safetensors`));
        expect(Object.keys(map.weight_map).sort()).toEqual([...tensors.keys()].sort());
        let total = 0;
        for (const file of files) {
          const bytes = readFileSync(join(target, file));
          expect(shards[file]).toEqual({ bytes: bytes.length, sha256: sha256(bytes) });
          const inside = [...readSafetensors(bytes, file).tensors.values()];
          const size = inside.reduce((sum, { values }) => sum + values.byteLength, 0);
          expect(inside.length === 1 || size <= shardBytes).toBe(true);
          total += size;
        }
        expect(map.metadata.total_size).toBe(total);
        for (const [key, { read }] of openShards(target, map)) {
          expect(bitsOf(read())).toEqual(bitsOf(tensors.get(key)!.values));
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a checkpoint', () => {
  const content = {
    run: 'first',
    step: 3,
    updates: 2,
    weights: sourcesOf(new Map([['w', { shape: [2], values: Float32Array.of(1, 2) }]])),
    moments: sourcesOf(new Map([['m', { shape: [1], values: Float32Array.of(3) }]])),
  };

  it('copied for another run is that of the other run, with the same tensors', () => {
    const [from, to] = [newFolder(), newFolder()];
    writeCheckpoint(from, content);
    copyCheckpoint(from, to, 'second');
    const copy = openCheckpoint(to);
    expect(copy).toMatchObject({ run: 'second', step: 3, updates: 2 });
    expect([...copy.weights.get('w')!.read(), ...copy.moments.get('m')!.read()]).toEqual([1, 2, 3]);
    expect(readCheckpointIndex(to).shards).toEqual(readCheckpointIndex(from).shards);
    expect(readCheckpointIndex(from).run).toBe('first');
  });

  it('names no file outside its folder', () => {
    const target = newFolder();
    writeCheckpoint(target, content);
    const file = join(target, 'index.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('model-00001-of-00001.safetensors', '../../weights'));
    expect(() => openCheckpoint(target)).toThrow(CheckpointError);
  });
});

describe('the weights of a model', () => {
  beforeAll(() => activateEngine('wasm'));

  it.each([
    ['one file', 2 ** 30, 'weights.safetensors'],
    ['shards', 4096, 'weights'],
  ])('come back bit for bit from %s', async (_, shardBytes, expected) => {
    const [source, target] = [createModel(tinyRun().model, 1), createModel(tinyRun().model, 2)];
    const record = newFolder();
    const { digest, parameters } = await saveWeights(source, record, { shardBytes });
    const { path, digested, isSharded } = weightsIn(record);
    expect(readdirSync(record)).toEqual([expected]);
    expect(path).toBe(join(record, expected));
    expect(isSharded).toBe(statSync(path).isDirectory());
    expect(digest).toBe(sha256(readFileSync(digested)));
    loadWeights(target, path);
    const [before, after] = [parameterArrays(source.parameters), parameterArrays(target.parameters)];
    expect(writeSafetensors(after)).toEqual(writeSafetensors(before));
    expect(parameters).toBe([...before.values()].reduce((sum, { values }) => sum + values.length, 0));
    if (!isSharded) {
      expect(readFileSync(path).equals(writeSafetensors(before, { format: 'vlm-bench weights 1' }))).toBe(true);
    }
    for (const model of [source, target]) disposeModel(model);
  });
});
