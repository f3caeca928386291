/** Elementwise arithmetic on float32 with broadcasting; other types are left to the CPU kernels, which are exact on integers. */
import { broadcast_util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmBackend } from '../backend.js';
import type { BinaryKernel, KernelExports, ScalarKernel, UnaryKernel } from '../kernel-module.js';
import { type KernelCall, registerNativeKernel, sizeOf, vectorsOf } from '../native-kernel.js';

const BINARY: Readonly<Record<string, BinaryKernel>> = {
  Add: 'add',
  Sub: 'subtract',
  Multiply: 'multiply',
  RealDiv: 'divide',
  Maximum: 'maximum',
  Minimum: 'minimum',
  SquaredDifference: 'squaredDifference',
};

const UNARY: Readonly<Record<string, UnaryKernel>> = {
  Neg: 'negate',
  Square: 'square',
  Sqrt: 'squareRoot',
  Rsqrt: 'reciprocalSquareRoot',
  Reciprocal: 'reciprocal',
  Abs: 'absolute',
  Relu: 'rectify',
};

/** Functions that the CPU backend takes from the JavaScript engine, where they are not reproducible: never left to it. */
const TRANSCENDENTAL: Readonly<Record<string, UnaryKernel>> = { Exp: 'exp', Sigmoid: 'sigmoid', Tanh: 'tanh' };
const TRANSCENDENTAL_SCALAR: Readonly<Record<string, ScalarKernel>> = { Log: 'log', Sin: 'sin', Cos: 'cos' };

interface BroadcastAxis {
  readonly length: number;
  readonly strideA: number;
  readonly strideB: number;
}

/** Element strides of an operand along the axes of the broadcast shape; 0 where it repeats. */
function broadcastStrides(own: readonly number[], outer: readonly number[]): number[] {
  const strides = new Array<number>(outer.length).fill(0);
  let stride = 1;
  for (let axis = own.length - 1; axis >= 0; axis--) {
    if (own[axis] !== 1) strides[axis + outer.length - own.length] = stride;
    stride *= own[axis]!;
  }
  return strides;
}

/** The axes of the result, with neighbours joined where both operands step evenly across them. */
function broadcastAxes(
  shapeA: readonly number[],
  shapeB: readonly number[],
  outer: readonly number[],
): BroadcastAxis[] {
  const stridesA = broadcastStrides(shapeA, outer);
  const stridesB = broadcastStrides(shapeB, outer);
  const axes: BroadcastAxis[] = [];
  outer.forEach((length, axis) => {
    if (length === 1) return;
    const strideA = stridesA[axis]!;
    const strideB = stridesB[axis]!;
    const last = axes.at(-1);
    if (last && last.strideA === strideA * length && last.strideB === strideB * length) {
      axes[axes.length - 1] = { length: last.length * length, strideA, strideB };
    } else {
      axes.push({ length, strideA, strideB });
    }
  });
  return axes;
}

/** Runs `kernel` over the last two axes, and this function over the outer ones. */
function runBinary(
  kernels: KernelExports,
  kernel: BinaryKernel,
  axes: readonly BroadcastAxis[],
  a: number,
  b: number,
  out: number,
): void {
  if (axes.length > 2) {
    const [outer, ...inner] = axes as [BroadcastAxis, ...BroadcastAxis[]];
    const step = inner.reduce((size, { length }) => size * length, 4);
    for (let i = 0; i < outer.length; i++) {
      runBinary(kernels, kernel, inner, a + i * outer.strideA * 4, b + i * outer.strideB * 4, out + i * step);
    }
    return;
  }
  const none = { length: 1, strideA: 0, strideB: 0 };
  const columns = axes.at(-1) ?? none;
  const rows = axes.at(-2) ?? none;
  const operandA = [a, rows.strideA * 4, columns.strideA * 16] as const;
  const operandB = [b, rows.strideB * 4, columns.strideB * 16] as const;
  kernels[kernel](rows.length, columns.length, ...operandA, ...operandB, out);
}

function binary(kernel: BinaryKernel, { backend, kernels, inputs }: KernelCall): TensorInfo | null {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return null;
  const outer = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const out = backend.allocate(outer);
  if (sizeOf(outer) === 0) return out;
  const axes = broadcastAxes(a.shape, b.shape, outer);
  runBinary(kernels, kernel, axes, backend.address(a), backend.address(b), backend.address(out));
  return out;
}

function unary(kernel: UnaryKernel, { backend, kernels, inputs }: KernelCall): TensorInfo | null {
  const x = inputs.x!;
  if (x.dtype !== 'float32') return null;
  const out = backend.allocate(x.shape);
  kernels[kernel](vectorsOf(x), backend.address(x), backend.address(out));
  return out;
}

/** float32 of an int32 or bool tensor; null for other types. */
function toFloat(backend: WasmBackend, kernels: KernelExports, x: TensorInfo): TensorInfo | null {
  if (x.dtype !== 'int32' && x.dtype !== 'bool') return null;
  const out = backend.allocate(x.shape);
  if (x.dtype === 'int32') kernels.floatFromInteger(vectorsOf(x), backend.address(x), backend.address(out));
  else kernels.floatFromByte(sizeOf(x.shape), backend.address(x), backend.address(out));
  return out;
}

function transcendental(run: (call: KernelCall, x: TensorInfo, out: TensorInfo) => void, call: KernelCall): TensorInfo {
  const x = call.inputs.x!;
  const converted = x.dtype === 'float32' ? null : toFloat(call.backend, call.kernels, x);
  const out = call.backend.allocate(x.shape);
  run(call, converted ?? x, out);
  if (converted) call.backend.disposeData(converted.dataId);
  return out;
}

function addN({ backend, kernels, inputs }: KernelCall): TensorInfo | null {
  const terms = Object.values(inputs);
  if (terms.some(({ dtype }) => dtype !== 'float32')) return null;
  const out = backend.allocate(terms[0]!.shape);
  const size = sizeOf(out.shape);
  const to = backend.address(out);
  const sum = (a: number, b: number) => kernels.add(1, size, a, 0, 16, b, 0, 16, to);
  if (terms.length === 1) kernels.copyRows(1, size * 4, backend.address(terms[0]!), 0, to, 0);
  else sum(backend.address(terms[0]!), backend.address(terms[1]!));
  for (const term of terms.slice(2)) sum(to, backend.address(term));
  return out;
}

function cast({ backend, kernels, inputs, attributes }: KernelCall<{ readonly dtype: DataType }>): TensorInfo | null {
  const x = inputs.x!;
  if (x.dtype === attributes.dtype && x.dtype !== 'complex64') return backend.alias(x, x.shape);
  return attributes.dtype === 'float32' ? toFloat(backend, kernels, x) : null;
}

export function registerElementwiseKernels(): void {
  for (const [name, kernel] of Object.entries(BINARY)) registerNativeKernel(name, (call) => binary(kernel, call));
  for (const [name, kernel] of Object.entries(UNARY)) registerNativeKernel(name, (call) => unary(kernel, call));
  for (const [name, kernel] of Object.entries(TRANSCENDENTAL)) {
    registerNativeKernel(name, (call) =>
      transcendental(({ backend, kernels }, x, out) => {
        kernels[kernel](vectorsOf(x), backend.address(x), backend.address(out));
      }, call),
    );
  }
  for (const [name, kernel] of Object.entries(TRANSCENDENTAL_SCALAR)) {
    registerNativeKernel(name, (call) =>
      transcendental(({ backend, kernels }, x, out) => {
        kernels[kernel](sizeOf(x.shape), backend.address(x), backend.address(out));
      }, call),
    );
  }
  registerNativeKernel('AddN', addN);
  registerNativeKernel<{ readonly dtype: DataType }>('Cast', cast);
}
