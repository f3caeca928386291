/** AdamW and the squared norms for gradient clipping. */
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

function squaredNorms({ backend, kernels, inputs }: KernelCall): TensorInfo {
  const norms = Object.entries(inputs).map(([name, x]) => {
    expectType(FusedKernel.SquaredNorms, name, x, 'float32');
    return kernels.squaredNorm(sizeOf(x.shape), backend.address(x));
  });
  return backend.makeTensorInfo([norms.length], 'float32', Float32Array.from(norms));
}

export function registerOptimizerKernels(): void {
  registerNativeKernel<AdamWAttributes>(FusedKernel.AdamW, adamW);
  registerNativeKernel(FusedKernel.SquaredNorms, squaredNorms);
}
