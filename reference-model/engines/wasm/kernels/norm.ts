/** Layer norm and RMS norm with their gradients. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { FusedKernel, type NormAttributes } from '../../../ops/kernels.js';
import { asMatrix, expectShape, expectType, type KernelCall, registerNativeKernel } from '../native-kernel.js';

interface NormInputs {
  readonly x: TensorInfo;
  readonly scale: TensorInfo;
  readonly offset: TensorInfo;
  readonly outputGradient: TensorInfo;
}

function matrixOf(kernel: string, x: TensorInfo, perChannel: Readonly<Record<string, TensorInfo>>) {
  const matrix = asMatrix(x);
  expectType(kernel, 'x', x, 'float32');
  for (const [name, tensor] of Object.entries(perChannel)) {
    expectType(kernel, name, tensor, 'float32');
    expectShape(kernel, name, tensor, [matrix.columns]);
  }
  return matrix;
}

function layerNorm({ backend, kernels, inputs, attributes }: KernelCall<NormAttributes>): TensorInfo {
  const { x, scale, offset } = inputs as unknown as NormInputs;
  const { rows, columns } = matrixOf(FusedKernel.LayerNorm, x, { scale, offset });
  const y = backend.allocate(x.shape);
  const addresses = [x, scale, offset, y].map((tensor) => backend.address(tensor));
  kernels.layerNorm(rows, columns, attributes.epsilon, ...addresses);
  return y;
}

function rmsNorm({ backend, kernels, inputs, attributes }: KernelCall<NormAttributes>): TensorInfo {
  const { x, scale } = inputs as unknown as NormInputs;
  const { rows, columns } = matrixOf(FusedKernel.RmsNorm, x, { scale });
  const y = backend.allocate(x.shape);
  const addresses = [x, scale, y].map((tensor) => backend.address(tensor));
  kernels.rmsNorm(rows, columns, attributes.epsilon, ...addresses);
  return y;
}

function layerNormGradient({ backend, kernels, inputs, attributes }: KernelCall<NormAttributes>): TensorInfo[] {
  const { outputGradient, x, scale } = inputs as unknown as NormInputs;
  const { rows, columns } = matrixOf(FusedKernel.LayerNormGradient, x, { scale });
  expectShape(FusedKernel.LayerNormGradient, 'outputGradient', outputGradient, x.shape);
  const gradients = [x.shape, scale.shape, scale.shape].map((shape) => backend.allocate(shape));
  const addresses = [outputGradient, x, scale, ...gradients].map((tensor) => backend.address(tensor));
  kernels.layerNormGradient(rows, columns, attributes.epsilon, ...addresses);
  return gradients;
}

function rmsNormGradient({ backend, kernels, inputs, attributes }: KernelCall<NormAttributes>): TensorInfo[] {
  const { outputGradient, x, scale } = inputs as unknown as NormInputs;
  const { rows, columns } = matrixOf(FusedKernel.RmsNormGradient, x, { scale });
  expectShape(FusedKernel.RmsNormGradient, 'outputGradient', outputGradient, x.shape);
  const gradients = [x.shape, scale.shape].map((shape) => backend.allocate(shape));
  const addresses = [outputGradient, x, scale, ...gradients].map((tensor) => backend.address(tensor));
  kernels.rmsNormGradient(rows, columns, attributes.epsilon, ...addresses);
  return gradients;
}

export function registerNormKernels(): void {
  registerNativeKernel<NormAttributes>(FusedKernel.LayerNorm, layerNorm);
  registerNativeKernel<NormAttributes>(FusedKernel.LayerNormGradient, layerNormGradient);
  registerNativeKernel<NormAttributes>(FusedKernel.RmsNorm, rmsNorm);
  registerNativeKernel<NormAttributes>(FusedKernel.RmsNormGradient, rmsNormGradient);
}
