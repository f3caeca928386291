/** Sum, Mean and Max of float32 over any axes: reduced axes are brought together first where they lie apart. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelCall, registerNativeKernel, sizeOf } from '../native-kernel.js';
import { copyStrided, stridesOf } from './layout.js';

interface ReductionAttributes {
  readonly axis?: number | number[] | null;
  readonly reductionIndices?: number | number[] | null;
  readonly keepDims?: boolean;
}

/** The shape as [before, reduced, after]; null if a kept axis lies between reduced ones. */
function split(shape: readonly number[], axes: readonly number[]): [number, number, number] | null {
  const reduced = axes.filter((axis) => shape[axis] !== 1).sort((a, b) => a - b);
  const first = reduced[0] ?? 0;
  const last = reduced.at(-1) ?? -1;
  const inner = shape.slice(first, last + 1);
  if (inner.filter((length) => length !== 1).length !== reduced.length) return null;
  return [sizeOf(shape.slice(0, first)), sizeOf(inner), sizeOf(shape.slice(last + 1))];
}

function reduce(kind: 'Sum' | 'Mean' | 'Max', call: KernelCall<ReductionAttributes>): TensorInfo | null {
  const { backend, kernels, attributes } = call;
  const x = call.inputs.x!;
  if (x.dtype !== 'float32' || sizeOf(x.shape) === 0) return null;
  const axes = util.parseAxisParam((attributes.axis ?? attributes.reductionIndices) as number[], x.shape);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const keptShape = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const outShape = attributes.keepDims ? keptShape : kept.map((axis) => x.shape[axis]!);
  const count = sizeOf(axes.map((axis) => x.shape[axis]!));
  let [before, reduced, after] = split(x.shape, axes) ?? [0, 0, 0];
  let source = x;
  if (reduced === 0 || (kind === 'Max' && after > 1)) {
    const order = [...kept, ...axes];
    const strides = stridesOf(x.shape);
    const moved = copyStrided(
      call,
      x,
      order.map((axis) => x.shape[axis]!),
      order.map((axis) => strides[axis]!),
      0,
    );
    if (moved === null) return null;
    source = moved;
    [before, reduced, after] = [sizeOf(outShape), count, 1];
  }
  const out = backend.allocate(outShape);
  const [from, to] = [backend.address(source), backend.address(out)];
  const factor = kind === 'Mean' ? 1 / count : 1;
  if (kind === 'Max') {
    kernels.maximumRows(before, reduced, from, to);
  } else if (after === 1) {
    kernels.sumRows(before, reduced, factor, from, to);
  } else {
    for (let i = 0; i < before; i++) {
      kernels.sumColumns(reduced, after, factor, from + i * reduced * after * 4, to + i * after * 4);
    }
  }
  if (source !== x) backend.disposeData(source.dataId);
  return out;
}

export function registerReductionKernels(): void {
  registerNativeKernel<ReductionAttributes>('Sum', (call) => reduce('Sum', call));
  registerNativeKernel<ReductionAttributes>('Mean', (call) => reduce('Mean', call));
  registerNativeKernel<ReductionAttributes>('Max', (call) => reduce('Max', call));
}
