/** Masked attention and its gradient on strided heads, and the cache of keys and values. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type AttentionAttributes, type CacheWriteAttributes, FusedKernel } from '../../../ops/kernels.js';
import { expectShape, expectType, type KernelCall, registerNativeKernel } from '../native-kernel.js';

interface AttentionInputs {
  readonly query: TensorInfo;
  readonly key: TensorInfo;
  readonly value: TensorInfo;
  readonly mask: TensorInfo;
}

/** [B, T, C ≥ S, H, G, D] of checked inputs. */
function dimensions(kernel: string, { query, key, value, mask }: AttentionInputs) {
  const [batch, targets, heads, channels] = query.shape as [number, number, number, number];
  const [, places, groups] = key.shape as [number, number, number, number];
  const sources = mask.shape[2] ?? places;
  expectType(kernel, 'query', query, 'float32');
  expectType(kernel, 'key', key, 'float32');
  expectType(kernel, 'value', value, 'float32');
  expectType(kernel, 'mask', mask, 'bool');
  expectShape(kernel, 'key', key, [batch, Math.max(places, sources), groups, channels]);
  expectShape(kernel, 'value', value, [batch, places, groups, channels]);
  expectShape(kernel, 'mask', mask, [batch, targets, sources]);
  return { batch, targets, places, sources, heads, groups, channels };
}

function attention({ backend, kernels, inputs, attributes }: KernelCall<AttentionAttributes>): TensorInfo[] {
  const { query, key, value, mask } = inputs as unknown as AttentionInputs;
  const shape = dimensions(FusedKernel.Attention, { query, key, value, mask });
  const { batch, targets, places, sources, heads, groups, channels } = shape;
  const output = backend.allocate(query.shape);
  const probabilities = backend.allocate([batch, heads, targets, sources]);
  const operands = [query, key, value, mask, output, probabilities].map((tensor) => backend.address(tensor));
  if (places === sources) {
    kernels.attention(batch, targets, sources, heads, groups, channels, attributes.scale, ...operands);
    return [output, probabilities];
  }
  // Behind the sources of a row lie places that are not filled yet: row by row, the sources are contiguous.
  const queryBytes = targets * heads * channels * 4;
  const keyBytes = places * groups * channels * 4;
  const rowBytes = [queryBytes, keyBytes, keyBytes, targets * sources, queryBytes, heads * targets * sources * 4];
  for (let row = 0; row < batch; row++) {
    const ofRow = operands.map((address, i) => address + row * rowBytes[i]!);
    kernels.attention(1, targets, sources, heads, groups, channels, attributes.scale, ...ofRow);
  }
  return [output, probabilities];
}

function attentionGradient({ backend, kernels, inputs, attributes }: KernelCall<AttentionAttributes>): TensorInfo[] {
  const { outputGradient, query, key, value, mask, probabilities } = inputs as unknown as AttentionInputs & {
    readonly outputGradient: TensorInfo;
    readonly probabilities: TensorInfo;
  };
  const shape = dimensions(FusedKernel.AttentionGradient, { query, key, value, mask });
  const { batch, targets, sources, heads, groups, channels } = shape;
  expectShape(FusedKernel.AttentionGradient, 'key', key, [batch, sources, groups, channels]);
  expectShape(FusedKernel.AttentionGradient, 'outputGradient', outputGradient, query.shape);
  expectShape(FusedKernel.AttentionGradient, 'probabilities', probabilities, [batch, heads, targets, sources]);
  const gradients = [query, key, value].map((tensor) => backend.allocate(tensor.shape));
  const scratch = backend.allocate([targets, sources]);
  const operands = [outputGradient, query, key, value, mask, probabilities, ...gradients, scratch];
  const addresses = operands.map((tensor) => backend.address(tensor));
  kernels.attentionGradient(batch, targets, sources, heads, groups, channels, attributes.scale, ...addresses);
  backend.disposeData(scratch.dataId);
  return gradients;
}

/** In place: the result is the cache itself. */
function cacheWrite({ backend, inputs, attributes: { place } }: KernelCall<CacheWriteAttributes>): TensorInfo {
  const { cache, rows } = inputs as { cache: TensorInfo; rows: TensorInfo };
  const [batch, places, groups, channels] = cache.shape as [number, number, number, number];
  const count = rows.shape[1]!;
  expectType(FusedKernel.CacheWrite, 'cache', cache, 'float32');
  expectType(FusedKernel.CacheWrite, 'rows', rows, 'float32');
  expectShape(FusedKernel.CacheWrite, 'rows', rows, [batch, count, groups, channels]);
  const width = groups * channels;
  const [from, to] = [backend.address(rows) / 4, backend.address(cache) / 4];
  const memory = new Float32Array(backend.heap.buffer);
  for (let row = 0; row < batch; row++) {
    const start = from + row * count * width;
    memory.copyWithin(to + (row * places + place) * width, start, start + count * width);
  }
  return backend.alias(cache, cache.shape);
}

export function registerAttentionKernels(): void {
  registerNativeKernel<AttentionAttributes>(FusedKernel.Attention, attention);
  registerNativeKernel<AttentionAttributes>(FusedKernel.AttentionGradient, attentionGradient);
  registerNativeKernel<CacheWriteAttributes>(FusedKernel.CacheWrite, cacheWrite);
}
