/** GELU and SwiGLU with their gradients. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { FusedKernel, type FusedKernelName } from '../../../ops/kernels.js';
import { expectShape, expectType, registerNativeKernel, vectorsOf } from '../native-kernel.js';

/** Registers a kernel whose inputs and outputs all have the shape of its first input. */
function registerUniform(
  name: FusedKernelName,
  kernel: 'gelu' | 'geluGradient' | 'swiglu' | 'swigluGradient',
  inputNames: readonly string[],
  outputCount: number,
): void {
  registerNativeKernel(name, ({ backend, kernels, inputs }) => {
    const operands = inputNames.map((input) => inputs[input]!);
    const first = operands[0]!;
    operands.forEach((tensor, index) => {
      expectType(name, inputNames[index]!, tensor, 'float32');
      expectShape(name, inputNames[index]!, tensor, first.shape);
    });
    const outputs: TensorInfo[] = Array.from({ length: outputCount }, () => backend.allocate(first.shape));
    kernels[kernel](vectorsOf(first), ...[...operands, ...outputs].map((tensor) => backend.address(tensor)));
    return outputs;
  });
}

export function registerActivationKernels(): void {
  registerUniform(FusedKernel.Gelu, 'gelu', ['x'], 1);
  registerUniform(FusedKernel.GeluGradient, 'geluGradient', ['outputGradient', 'x'], 1);
  registerUniform(FusedKernel.Swiglu, 'swiglu', ['gate', 'up'], 1);
  registerUniform(FusedKernel.SwigluGradient, 'swigluGradient', ['outputGradient', 'gate', 'up'], 2);
}
