/** AdamW and the squared norm for gradient clipping. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type AdamWAttributes, FusedKernel } from '../../../ops/kernels.js';
import { expectShape, expectType, type KernelCall, registerNativeKernel, sizeOf, vectorsOf } from '../native-kernel.js';

const ADAMW_INPUTS = ['parameter', 'gradient', 'firstMoment', 'secondMoment'] as const;

function adamW({ backend, kernels, inputs, attributes }: KernelCall<AdamWAttributes>): TensorInfo[] {
  const operands = ADAMW_INPUTS.map((name) => inputs[name]!);
  const parameter = operands[0]!;
  operands.forEach((tensor, index) => {
    expectType(FusedKernel.AdamW, ADAMW_INPUTS[index]!, tensor, 'float32');
    expectShape(FusedKernel.AdamW, ADAMW_INPUTS[index]!, tensor, parameter.shape);
  });
  const outputs = [parameter, parameter, parameter].map(({ shape }) => backend.allocate(shape));
  const { learningRate, beta1, beta2, epsilon, weightDecay, biasCorrection1, biasCorrection2, gradientScale } =
    attributes;
  kernels.adamW(
    vectorsOf(parameter),
    ...[learningRate, beta1, 1 - beta1, beta2, 1 - beta2, epsilon, weightDecay],
    ...[biasCorrection1, biasCorrection2, gradientScale],
    ...[...operands, ...outputs].map((tensor) => backend.address(tensor)),
  );
  return outputs;
}

function squaredNorm({ backend, kernels, inputs }: KernelCall): TensorInfo {
  const x = inputs.x!;
  expectType(FusedKernel.SquaredNorm, 'x', x, 'float32');
  return backend.makeTensorInfo(
    [],
    'float32',
    Float32Array.of(kernels.squaredNorm(sizeOf(x.shape), backend.address(x))),
  );
}

export function registerOptimizerKernels(): void {
  registerNativeKernel<AdamWAttributes>(FusedKernel.AdamW, adamW);
  registerNativeKernel(FusedKernel.SquaredNorm, squaredNorm);
}
