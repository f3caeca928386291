/** Masked attention and its gradient on strided heads. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type AttentionAttributes, FusedKernel } from '../../../ops/kernels.js';
import { expectShape, expectType, type KernelCall, registerNativeKernel } from '../native-kernel.js';

interface AttentionInputs {
  readonly query: TensorInfo;
  readonly key: TensorInfo;
  readonly value: TensorInfo;
  readonly mask: TensorInfo;
}

/** [B, T, S, H, G, D] of checked inputs. */
function dimensions(kernel: string, { query, key, value, mask }: AttentionInputs) {
  const [batch, targets, heads, channels] = query.shape as [number, number, number, number];
  const [, sources, groups] = key.shape as [number, number, number, number];
  expectType(kernel, 'query', query, 'float32');
  expectType(kernel, 'key', key, 'float32');
  expectType(kernel, 'value', value, 'float32');
  expectType(kernel, 'mask', mask, 'bool');
  expectShape(kernel, 'key', key, [batch, sources, groups, channels]);
  expectShape(kernel, 'value', value, [batch, sources, groups, channels]);
  expectShape(kernel, 'mask', mask, [batch, targets, sources]);
  return { batch, targets, sources, heads, groups, channels };
}

function attention({ backend, kernels, inputs, attributes }: KernelCall<AttentionAttributes>): TensorInfo[] {
  const { query, key, value, mask } = inputs as unknown as AttentionInputs;
  const shape = dimensions(FusedKernel.Attention, { query, key, value, mask });
  const { batch, targets, sources, heads, groups, channels } = shape;
  const output = backend.allocate(query.shape);
  const probabilities = backend.allocate([batch, heads, targets, sources]);
  const operands = [query, key, value, mask, output, probabilities].map((tensor) => backend.address(tensor));
  kernels.attention(batch, targets, sources, heads, groups, channels, attributes.scale, ...operands);
  return [output, probabilities];
}

function attentionGradient({ backend, kernels, inputs, attributes }: KernelCall<AttentionAttributes>): TensorInfo[] {
  const { outputGradient, query, key, value, mask, probabilities } = inputs as unknown as AttentionInputs & {
    readonly outputGradient: TensorInfo;
    readonly probabilities: TensorInfo;
  };
  const shape = dimensions(FusedKernel.AttentionGradient, { query, key, value, mask });
  const { batch, targets, sources, heads, groups, channels } = shape;
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

export function registerAttentionKernels(): void {
  registerNativeKernel<AttentionAttributes>(FusedKernel.Attention, attention);
  registerNativeKernel<AttentionAttributes>(FusedKernel.AttentionGradient, attentionGradient);
}
