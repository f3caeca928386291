/**
 * Registers the backend `vlm-wasm` with tfjs once: native kernels, and the CPU backend's kernels for everything else — except
 * those that take transcendental functions from the JavaScript engine, whose bits differ between versions of Node.
 */
import '@tensorflow/tfjs-backend-cpu';
import { engine, getKernel, getKernelsForBackend, registerBackend } from '@tensorflow/tfjs-core';
import { WASM_BACKEND, WasmBackend } from './backend.js';
import type { KernelModule } from './kernel-module.js';
import { registerActivationKernels } from './kernels/activation.js';
import { registerAttentionKernels } from './kernels/attention.js';
import { registerElementwiseKernels } from './kernels/elementwise.js';
import { registerEmbeddingKernels } from './kernels/embedding.js';
import { registerLayoutKernels } from './kernels/layout.js';
import { registerLossKernels } from './kernels/loss.js';
import { registerMatMulKernels } from './kernels/matmul.js';
import { registerNormKernels } from './kernels/norm.js';
import { registerOptimizerKernels } from './kernels/optimizer.js';
import { registerReductionKernels } from './kernels/reduction.js';
import { KeyedValues } from './keyed-values.js';
import { registerCopiedKernel } from './native-kernel.js';
import { registerReplayKernels } from './replay/replay-kernels.js';
import { saveTensorsByReference } from './saved-tensors.js';

/** CPU kernels through Math.exp, log, pow, trigonometry or unseeded randomness. tfjs says so if one of them is asked for. */
const IRREPRODUCIBLE_KERNELS: ReadonlySet<string> = new Set([
  ...['_FusedMatMul', 'FusedConv2D', 'FusedDepthwiseConv2D'],
  ...['Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atan2', 'Atanh', 'Cosh', 'Sinh', 'Tan'],
  ...['ComplexAbs', 'Elu', 'EluGrad', 'Erf', 'Expm1', 'FFT', 'IFFT', 'Log1p', 'LRN', 'LRNGrad', 'Multinomial'],
  ...['NonMaxSuppressionV5', 'Pow', 'RotateWithOffset', 'Selu', 'Softplus'],
]);

let isRegistered = false;

/** Registers backend and kernels; later calls do nothing. */
export function registerWasmBackend(module: KernelModule): void {
  if (isRegistered) return;
  isRegistered = true;
  registerBackend(WASM_BACKEND, () => new WasmBackend(module));
  const { state } = engine();
  state.tensorInfo = new KeyedValues(state.tensorInfo) as unknown as typeof state.tensorInfo;
  saveTensorsByReference();
  registerMatMulKernels();
  registerAttentionKernels();
  registerNormKernels();
  registerActivationKernels();
  registerEmbeddingKernels();
  registerLossKernels();
  registerOptimizerKernels();
  registerElementwiseKernels();
  registerReductionKernels();
  registerLayoutKernels();
  registerReplayKernels();
  for (const kernel of getKernelsForBackend('cpu')) {
    const isNative = getKernel(kernel.kernelName, WASM_BACKEND) !== undefined;
    if (!isNative && !IRREPRODUCIBLE_KERNELS.has(kernel.kernelName)) registerCopiedKernel(kernel);
  }
}
