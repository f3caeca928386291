/** Softmax cross-entropy with its gradient, and tfjs's Softmax. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type CrossEntropyAttributes, FusedKernel } from '../../../ops/kernels.js';
import {
  asMatrix,
  expectIndices,
  expectShape,
  expectType,
  type KernelCall,
  registerNativeKernel,
} from '../native-kernel.js';

interface LossInputs {
  readonly logits: TensorInfo;
  readonly labels: TensorInfo;
  readonly outputGradient: TensorInfo;
}

function dimensions(kernel: string, { logits, labels }: Omit<LossInputs, 'outputGradient'>): [number, number] {
  const [rows, columns] = logits.shape as [number, number];
  expectType(kernel, 'logits', logits, 'float32');
  expectType(kernel, 'labels', labels, 'int32');
  expectShape(kernel, 'labels', labels, [rows]);
  return [rows, columns];
}

function crossEntropy(call: KernelCall<CrossEntropyAttributes>): TensorInfo {
  const { backend, kernels, attributes } = call;
  const { logits, labels } = call.inputs as unknown as LossInputs;
  const [rows, columns] = dimensions(FusedKernel.SoftmaxCrossEntropy, { logits, labels });
  const losses = backend.allocate([rows]);
  const addresses = [logits, labels, losses].map((tensor) => backend.address(tensor));
  const bad = kernels.softmaxCrossEntropy(rows, columns, attributes.ignoreIndex, ...addresses);
  expectIndices(call, FusedKernel.SoftmaxCrossEntropy, 'labels', labels, bad, columns);
  return losses;
}

function crossEntropyGradient(call: KernelCall<CrossEntropyAttributes>): TensorInfo {
  const { backend, kernels, attributes } = call;
  const { outputGradient, logits, labels } = call.inputs as unknown as LossInputs;
  const [rows, columns] = dimensions(FusedKernel.SoftmaxCrossEntropyGradient, { logits, labels });
  expectShape(FusedKernel.SoftmaxCrossEntropyGradient, 'outputGradient', outputGradient, [rows]);
  const gradient = backend.allocate([rows, columns]);
  const addresses = [outputGradient, logits, labels, gradient].map((tensor) => backend.address(tensor));
  const bad = kernels.softmaxCrossEntropyGradient(rows, columns, attributes.ignoreIndex, ...addresses);
  expectIndices(call, FusedKernel.SoftmaxCrossEntropyGradient, 'labels', labels, bad, columns);
  return gradient;
}

function softmax({ backend, kernels, inputs }: KernelCall): TensorInfo {
  const logits = inputs.logits!;
  expectType('Softmax', 'logits', logits, 'float32');
  const { rows, columns } = asMatrix(logits);
  const out = backend.allocate(logits.shape);
  kernels.softmaxRows(rows, columns, backend.address(logits), backend.address(out));
  return out;
}

export function registerLossKernels(): void {
  registerNativeKernel<CrossEntropyAttributes>(FusedKernel.SoftmaxCrossEntropy, crossEntropy);
  registerNativeKernel<CrossEntropyAttributes>(FusedKernel.SoftmaxCrossEntropyGradient, crossEntropyGradient);
  registerNativeKernel('Softmax', softmax);
}
