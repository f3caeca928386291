/** Embedding rows, their gradient, rotary positions and tfjs's GatherV2 along the first axis. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type EmbeddingAttributes, FusedKernel, type RotaryAttributes } from '../../../ops/kernels.js';
import {
  asMatrix,
  expectIndices,
  expectShape,
  expectType,
  type KernelCall,
  registerNativeKernel,
  sizeOf,
} from '../native-kernel.js';

function embeddingLookup(call: KernelCall): TensorInfo {
  const { backend, kernels } = call;
  const { table, ids } = call.inputs as { table: TensorInfo; ids: TensorInfo };
  expectType(FusedKernel.EmbeddingLookup, 'table', table, 'float32');
  expectType(FusedKernel.EmbeddingLookup, 'ids', ids, 'int32');
  const [vocabularySize, width] = table.shape as [number, number];
  const y = backend.allocate([...ids.shape, width]);
  const addresses = [table, ids, y].map((tensor) => backend.address(tensor));
  const bad = kernels.embeddingLookup(sizeOf(ids.shape), width, vocabularySize, ...addresses);
  expectIndices(call, FusedKernel.EmbeddingLookup, 'ids', ids, bad, vocabularySize);
  return y;
}

function embeddingGradient(call: KernelCall<EmbeddingAttributes>): TensorInfo {
  const { backend, kernels } = call;
  const { outputGradient, ids } = call.inputs as { outputGradient: TensorInfo; ids: TensorInfo };
  expectType(FusedKernel.EmbeddingGradient, 'outputGradient', outputGradient, 'float32');
  expectType(FusedKernel.EmbeddingGradient, 'ids', ids, 'int32');
  const { columns: width } = asMatrix(outputGradient);
  expectShape(FusedKernel.EmbeddingGradient, 'outputGradient', outputGradient, [...ids.shape, width]);
  const { vocabularySize } = call.attributes;
  const tableGradient = backend.allocate([vocabularySize, width]);
  const addresses = [outputGradient, ids, tableGradient].map((tensor) => backend.address(tensor));
  const bad = kernels.embeddingGradient(sizeOf(ids.shape), width, vocabularySize, ...addresses);
  expectIndices(call, FusedKernel.EmbeddingGradient, 'ids', ids, bad, vocabularySize);
  return tableGradient;
}

function rotaryEmbedding(call: KernelCall<RotaryAttributes>): TensorInfo {
  const { backend, kernels } = call;
  const { x, positions, cosine, sine } = call.inputs as Record<'x' | 'positions' | 'cosine' | 'sine', TensorInfo>;
  const [batch, length, heads, channels] = x.shape as [number, number, number, number];
  const tablePositions = cosine.shape[0]!;
  expectType(FusedKernel.RotaryEmbedding, 'x', x, 'float32');
  expectType(FusedKernel.RotaryEmbedding, 'positions', positions, 'int32');
  expectShape(FusedKernel.RotaryEmbedding, 'positions', positions, [batch, length]);
  expectShape(FusedKernel.RotaryEmbedding, 'cosine', cosine, [tablePositions, channels / 2]);
  expectShape(FusedKernel.RotaryEmbedding, 'sine', sine, [tablePositions, channels / 2]);
  const y = backend.allocate(x.shape);
  const addresses = [x, positions, cosine, sine, y].map((tensor) => backend.address(tensor));
  const inverse = call.attributes.inverse ? 1 : 0;
  const bad = kernels.rotaryEmbedding(batch * length, heads, channels, tablePositions, inverse, ...addresses);
  expectIndices(call, FusedKernel.RotaryEmbedding, 'positions', positions, bad, tablePositions);
  return y;
}

interface GatherAttributes {
  readonly axis: number;
  readonly batchDims: number;
}

function gather(call: KernelCall<GatherAttributes>): TensorInfo | null {
  const { backend, kernels, attributes } = call;
  const { x, indices } = call.inputs as { x: TensorInfo; indices: TensorInfo };
  const axis = util.parseAxisParam(attributes.axis ?? 0, x.shape)[0]!;
  if (x.dtype !== 'float32' || indices.dtype !== 'int32' || axis !== 0 || (attributes.batchDims ?? 0) !== 0)
    return null;
  const y = backend.allocate([...indices.shape, ...x.shape.slice(1)]);
  const addresses = [x, indices, y].map((tensor) => backend.address(tensor));
  const bad = kernels.embeddingLookup(sizeOf(indices.shape), sizeOf(x.shape.slice(1)), x.shape[0]!, ...addresses);
  expectIndices(call, 'GatherV2', 'indices', indices, bad, x.shape[0]!);
  return y;
}

export function registerEmbeddingKernels(): void {
  registerNativeKernel(FusedKernel.EmbeddingLookup, embeddingLookup);
  registerNativeKernel<EmbeddingAttributes>(FusedKernel.EmbeddingGradient, embeddingGradient);
  registerNativeKernel<RotaryAttributes>(FusedKernel.RotaryEmbedding, rotaryEmbedding);
  registerNativeKernel<GatherAttributes>('GatherV2', gather);
}
