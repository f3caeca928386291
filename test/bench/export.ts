/**
 * What it costs to export a run: about 1 GiB of weights in float32, or as many MiB as `VLM_BENCH_WEIGHTS_MIB` names, as a folder of
 * `transformers` and as ONNX graphs, beside a copy of the file of the same weights through one small buffer. Processor time, as
 * files come from the page cache. Peak memory is that of the whole process, so this benchmark runs alone.
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExportedRun, exportModel } from '../../reference-model/checkpoint/hugging-face/export-model.js';
import { exportOnnx } from '../../reference-model/checkpoint/onnx/export-model.js';
import { openTensors, writeTensors } from '../../reference-model/checkpoint/tensor-file.js';
import { fillFile } from '../../reference-model/files/atomic-file.js';
import { readExactly, writeFully } from '../../reference-model/files/file-bytes.js';
import type { ModelConfig } from '../../reference-model/model/config.js';
import { parameterCount, parameterSpecifications } from '../../reference-model/model/parameters.js';
import type { Measurement } from './measurement.js';
import { OTHER_PARTS, processorSeconds } from './weights.js';

const MEBIBYTE = 2 ** 20;

/** Of as many layers; the largest matrix is a fiftieth of 1 GiB. */
function configOf(layers: number): ModelConfig {
  const language = {
    vocabularySize: 2048,
    hiddenSize: 1024,
    intermediateSize: 4096,
    layers,
    attentionHeads: 16,
    keyValueHeads: 16,
    rotaryBase: 10_000,
    rmsNormEpsilon: 1e-6,
    maximumPositions: 512,
  };
  return { ...OTHER_PARTS, language };
}

function writeWeights(file: string, config: ModelConfig): void {
  const read = (shape: readonly number[]): Float32Array =>
    new Float32Array(shape.reduce((product, size) => product * size, 1)).map((_, i) => (i % 251) / 251);
  const tensors = parameterSpecifications(config).map(
    ({ name, shape }) => [name, { dtype: 'F32', shape, read: () => read(shape) }] as const,
  );
  fillFile(file, (descriptor) => writeTensors(descriptor, new Map(tensors)));
}

/** In parts that stay in the processor's cache, no value looked at: less than this no export can do. */
function copyPlainly(file: string, target: number): void {
  const part = new Uint8Array(2 ** 18);
  const source = openSync(file, 'r');
  try {
    for (let at = 0, { size } = statSync(file); at < size; at += part.length) {
      const bytes = part.subarray(0, Math.min(part.length, size - at));
      readExactly(source, bytes, at, file);
      writeFully(target, bytes);
    }
  } finally {
    closeSync(source);
  }
}

export async function benchmarkExport(): Promise<Measurement[]> {
  const wanted = Number(process.env.VLM_BENCH_WEIGHTS_MIB ?? 1024) * (MEBIBYTE / 4);
  const [none, one] = [parameterCount(configOf(0)), parameterCount(configOf(1))];
  const config = configOf(Math.max(1, Math.round((wanted - none) / (one - none))));
  const bytes = 4 * parameterCount(config);
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-export-'));
  try {
    const file = join(folder, 'weights.safetensors');
    writeWeights(file, config);
    const tensors = openTensors(file);
    const generation = { maximumNewTokens: 32 };
    const run: ExportedRun = { model: config, mask: 'causal', generation, tensors, file, facts: {} };
    const into = (name: string): string => {
      mkdirSync(join(folder, name));
      return join(folder, name);
    };
    const plain = processorSeconds(() => fillFile(join(folder, 'copy'), (descriptor) => copyPlainly(file, descriptor)));
    const hub = processorSeconds(() => exportModel(into('hugging-face'), run, () => ''));
    const graphs = processorSeconds(() => exportOnnx(into('onnx'), run, () => ''));
    const peak = process.resourceUsage().maxRSS * 1024;
    return [
      { name: 'weights of a run', value: bytes / MEBIBYTE, unit: 'MiB' },
      { name: 'copied plainly', value: plain, unit: 's' },
      { name: 'exported for transformers, times copying plainly', value: hub / plain, unit: '×', ceiling: 1.5 },
      { name: 'exported as graphs, times copying plainly', value: graphs / plain, unit: '×', ceiling: 1.5 },
      { name: 'peak memory of the process, times the weights', value: peak / bytes, unit: '×', ceiling: 1.3 },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
