/**
 * What it costs to load a checkpoint of the hub: about 1 GiB of bfloat16 onto the engine `wasm`, or as many MiB as `VLM_BENCH_WEIGHTS_MIB` names,
 * beside reading the same file and widening it by a plain loop. Processor time, as files come from the page cache. Peak memory is that of the
 * whole process, so this benchmark runs alone.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeHeader, readSafetensorsHeader } from '../../reference-model/checkpoint/safetensors-header.js';
import type { TensorSources } from '../../reference-model/checkpoint/tensor-file.js';
import { readExactly, writeFully } from '../../reference-model/files/file-bytes.js';
import { activateEngine, disposeModel, loadModel, openLanguage } from '../../reference-model/index.js';
import type { ModelConfig } from '../../reference-model/model/config.js';
import { parameterSpecifications } from '../../reference-model/model/parameters.js';
import type { Measurement } from './measurement.js';

const MEBIBYTE = 2 ** 20;
const [WIDTH, INNER, VOCABULARY] = [2048, 5632, 32_000];
const PER_LAYER = 4 * WIDTH ** 2 + 3 * WIDTH * INNER;

/** The smallest parts that a whole model can have beside its language model. */
export const OTHER_PARTS = {
  vision: {
    imageSize: 1,
    patchSize: 1,
    hiddenSize: 1,
    intermediateSize: 1,
    layers: 0,
    attentionHeads: 1,
    layerNormEpsilon: 1e-6,
  },
  connector: { pixelShuffle: 1 },
};

function writeCheckpoint(folder: string, layers: number): void {
  const config = {
    model_type: 'llama',
    hidden_size: WIDTH,
    intermediate_size: INNER,
    vocab_size: VOCABULARY,
    num_hidden_layers: layers,
    num_attention_heads: 16,
    max_position_embeddings: 512,
    tie_word_embeddings: true,
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const language = {
    vocabularySize: VOCABULARY,
    hiddenSize: WIDTH,
    intermediateSize: INNER,
    layers,
    attentionHeads: 16,
    keyValueHeads: 16,
    rotaryBase: 10_000,
    rmsNormEpsilon: 1e-6,
    maximumPositions: 512,
    attentionBias: 'none',
  } as const;
  const shapes = parameterSpecifications({ ...OTHER_PARTS, language }).filter(({ part }) => part === 'language');
  const descriptor = openSync(join(folder, 'model.safetensors'), 'w');
  try {
    const named = shapes.map(
      ({ name, shape }) => [name.replace('language_model.', ''), { dtype: 'BF16', shape }] as const,
    );
    writeFully(descriptor, encodeHeader(named, { format: 'pt' }));
    // A part at a time: garbage of a whole checkpoint would be collected while its loading is measured.
    const patterns = Uint16Array.from({ length: MEBIBYTE }, (_, i) => 0x3c00 + (i % 251));
    for (const { shape } of shapes) {
      const values = shape.reduce((product, size) => product * size, 1);
      for (let at = 0; at < values; at += patterns.length) {
        const part = patterns.subarray(0, Math.min(patterns.length, values - at));
        writeFully(descriptor, new Uint8Array(part.buffer, 0, part.byteLength));
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Of the other parts: random values would cost more than all that is measured. */
function zeros(config: ModelConfig): TensorSources {
  const others = parameterSpecifications(config).filter(({ part }) => part !== 'language');
  const read = (shape: readonly number[]) => new Float32Array(shape.reduce((product, size) => product * size, 1));
  return new Map(others.map(({ name, shape }) => [name, { dtype: 'F32', shape, read: () => read(shape) }]));
}

/** Seconds of the processor that the work takes. */
export function processorSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Reads the whole file tensor by tensor and widens it; returns the last value, so that nothing is optimised away. */
function readAndWiden(file: string): number {
  const { entries, dataStart } = readSafetensorsHeader(file);
  const descriptor = openSync(file, 'r');
  let last = 0;
  try {
    for (const { begin, end } of entries) {
      const bytes = new Uint8Array(end - begin);
      readExactly(descriptor, bytes, dataStart + begin, file);
      const patterns = new Uint16Array(bytes.buffer);
      const values = new Float32Array(patterns.length);
      const bits = new Uint32Array(values.buffer);
      for (let i = 0; i < patterns.length; i++) bits[i] = patterns[i]! << 16;
      last += values.at(-1)!;
    }
  } finally {
    closeSync(descriptor);
  }
  return last;
}

export async function benchmarkWeights(): Promise<Measurement[]> {
  const wanted = Number(process.env.VLM_BENCH_WEIGHTS_MIB ?? 1024) * (MEBIBYTE / 2);
  const layers = Math.max(1, Math.round((wanted - WIDTH * VOCABULARY) / PER_LAYER));
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-weights-'));
  try {
    writeCheckpoint(folder, layers);
    await activateEngine('wasm');
    const values = WIDTH * VOCABULARY + layers * (PER_LAYER + 2 * WIDTH) + WIDTH;
    const before = process.memoryUsage().rss;
    const loaded = processorSeconds(() => {
      const { config, tensors } = openLanguage(folder);
      const whole = { ...OTHER_PARTS, language: config };
      disposeModel(loadModel(whole, new Map([...zeros(whole), ...tensors])));
    });
    const peak = process.resourceUsage().maxRSS * 1024 - before;
    const plain = processorSeconds(() => readAndWiden(join(folder, 'model.safetensors')));
    return [
      { name: 'checkpoint in bfloat16', value: (2 * values) / MEBIBYTE, unit: 'MiB' },
      { name: 'read and widened by a plain loop', value: plain, unit: 's' },
      { name: 'loaded onto the engine wasm', value: loaded, unit: 's' },
      { name: 'loading, times the plain loop', value: loaded / plain, unit: '×', ceiling: 1.5 },
      { name: 'peak memory, times what the engine holds', value: peak / (4 * values), unit: '×', ceiling: 1.3 },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
