/** Transpose, Slice, Concat and filled tensors: copies of 32-bit elements between layouts. */
import { backend_util, type DataType, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelCall, registerNativeKernel, sizeOf, vectorsOf } from '../native-kernel.js';

/** A tensor of 32-bit elements. */
type WordTensor = TensorInfo & { readonly dtype: 'float32' | 'int32' };

const isWord = (tensor: TensorInfo): tensor is WordTensor => tensor.dtype === 'float32' || tensor.dtype === 'int32';

/** Element strides of a contiguous tensor. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Longest list of axes that the strided copy takes. */
const MAXIMUM_AXES = 6;

/**
 * A contiguous tensor of `shape` read from `x` with `strides`, from element `offset` on. Null where more than six axes remain
 * after joining those that lie evenly.
 */
export function copyStrided(
  { backend, kernels }: Pick<KernelCall, 'backend' | 'kernels'>,
  x: TensorInfo,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): TensorInfo | null {
  const axes: { length: number; stride: number }[] = [];
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const stride = strides[axis]!;
    const last = axes.at(-1);
    if (last && last.stride === stride * length) axes[axes.length - 1] = { length: last.length * length, stride };
    else axes.push({ length, stride });
  });
  if (axes.length > MAXIMUM_AXES) return null;
  while (axes.length < MAXIMUM_AXES) axes.unshift({ length: 1, stride: 1 });
  const out = backend.allocate(shape, x.dtype as 'float32' | 'int32');
  const lengths = axes.map(({ length }) => length);
  const steps = axes.map(({ stride }) => stride);
  kernels.stridedCopy(...lengths, ...steps, backend.address(x) + offset * 4, backend.address(out));
  return out;
}

function transpose(call: KernelCall<{ readonly perm: number[] }>): TensorInfo | null {
  const x = call.inputs.x!;
  if (!isWord(x)) return null;
  const { perm } = call.attributes;
  const strides = stridesOf(x.shape);
  return copyStrided(
    call,
    x,
    perm.map((axis) => x.shape[axis]!),
    perm.map((axis) => strides[axis]!),
    0,
  );
}

function slice(call: KernelCall<{ readonly begin: number | number[]; readonly size: number | number[] }>) {
  const x = call.inputs.x!;
  if (!isWord(x)) return null;
  const [begin, size] = slice_util.parseSliceParams(x as never, call.attributes.begin, call.attributes.size);
  slice_util.assertParamsValid(x as never, begin as number[], size as number[]);
  const strides = stridesOf(x.shape);
  const offset = (begin as number[]).reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
  return copyStrided(call, x, size as number[], strides, offset);
}

function concat({ backend, kernels, inputs, attributes }: KernelCall<{ readonly axis: number }>): TensorInfo | null {
  const parts = Object.values(inputs);
  const first = parts[0]!;
  if (!isWord(first) || parts.some(({ dtype }) => dtype !== first.dtype)) return null;
  const axis = util.parseAxisParam(attributes.axis, first.shape)[0]!;
  const shapes = parts.map(({ shape }) => shape);
  backend_util.assertParamsConsistent(shapes, axis);
  const shape = backend_util.computeOutShape(shapes, axis);
  const out = backend.allocate(shape, first.dtype);
  const rows = sizeOf(shape.slice(0, axis));
  const pitch = sizeOf(shape.slice(axis)) * 4;
  let to = backend.address(out);
  for (const part of parts) {
    const bytes = sizeOf(part.shape.slice(axis)) * 4;
    if (bytes > 0) kernels.copyRows(rows, bytes, backend.address(part), bytes, to, pitch);
    to += bytes;
  }
  return out;
}

function filled({ backend, kernels }: KernelCall<never>, shape: readonly number[], value: number): TensorInfo {
  const out = backend.allocate(shape);
  kernels.fill(vectorsOf(out), value, backend.address(out));
  return out;
}

interface FillAttributes {
  readonly shape: readonly number[];
  readonly value: number | string;
  readonly dtype?: DataType;
}

export function registerLayoutKernels(): void {
  registerNativeKernel<{ readonly perm: number[] }>('Transpose', transpose);
  registerNativeKernel<{ readonly begin: number | number[]; readonly size: number | number[] }>('Slice', slice);
  registerNativeKernel<{ readonly axis: number }>('Concat', concat);
  registerNativeKernel<FillAttributes>('Fill', (call) => {
    const { shape, value, dtype = typeof value === 'string' ? 'string' : 'float32' } = call.attributes;
    return dtype === 'float32' ? filled(call as KernelCall<never>, shape, value as number) : null;
  });
  registerNativeKernel<never>('ZerosLike', (call) => {
    const x = call.inputs.x!;
    return x.dtype === 'float32' ? filled(call, x.shape, 0) : null;
  });
  registerNativeKernel<never>('OnesLike', (call) => {
    const x = call.inputs.x!;
    return x.dtype === 'float32' ? filled(call, x.shape, 1) : null;
  });
}
