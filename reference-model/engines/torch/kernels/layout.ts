/** Kernels that move, cut and join tensors, and products of matrices. */
import { slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { registerTorchKernel, sizeOf } from './register.js';

const axisOf = (axis: number, shape: readonly number[]): number => util.parseAxisParam(axis, [...shape])[0]!;
const without = (shape: readonly number[], axis: number): number[] => shape.filter((_, i) => i !== axis);

export function registerLayoutKernels(): void {
  registerTorchKernel<{ shape: number[] }>('Reshape', ({ torch, backend, inputs: { x }, attributes }) => {
    const shape = util.inferFromImplicitShape(attributes.shape, sizeOf(x!.shape));
    return backend.wrap(torch.reshape(backend.handleOf(x!), shape), shape, x!.dtype);
  });
  registerTorchKernel<{ dim: number }>('ExpandDims', ({ torch, backend, inputs: { input }, attributes: { dim } }) => {
    const { shape, dtype } = input!;
    const expanded = [...shape];
    expanded.splice(dim < 0 ? shape.length + 1 + dim : dim, 0, 1);
    return backend.wrap(torch.reshape(backend.handleOf(input!), expanded), expanded, dtype);
  });
  registerTorchKernel<{ perm: number[] }>('Transpose', ({ torch, backend, inputs: { x }, attributes: { perm } }) =>
    backend.wrap(
      torch.permute(backend.handleOf(x!), perm),
      perm.map((axis) => x!.shape[axis]!),
      x!.dtype,
    ),
  );
  registerTorchKernel<{ begin: number | number[]; size: number | number[] }>(
    'Slice',
    ({ torch, backend, inputs: { x }, attributes }) => {
      const [begin, size] = slice_util.parseSliceParams(x! as never, attributes.begin, attributes.size);
      slice_util.assertParamsValid(x! as never, begin, size);
      return backend.wrap(torch.slice(backend.handleOf(x!), begin, size), size, x!.dtype);
    },
  );
  registerTorchKernel<{ axis: number }>('Concat', ({ torch, backend, inputs, attributes }) => {
    const parts = Object.values(inputs);
    const [{ shape, dtype }] = parts as [TensorInfo];
    const axis = axisOf(attributes.axis, shape);
    const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
    const handles = parts.map((part) => backend.handleOf(part));
    return backend.wrap(
      torch.concat(handles, axis),
      shape.map((size, i) => (i === axis ? length : size)),
      dtype,
    );
  });
  registerTorchKernel<{ axis: number }>('Pack', ({ torch, backend, inputs, attributes: { axis } }) => {
    const parts = Object.values(inputs);
    const [{ shape, dtype }] = parts as [TensorInfo];
    const place = axis < 0 ? shape.length + 1 + axis : axis;
    const stacked = [...shape.slice(0, place), parts.length, ...shape.slice(place)];
    const handles = parts.map((part) => backend.handleOf(part));
    return backend.wrap(torch.stack(handles, place), stacked, dtype);
  });
  registerTorchKernel<{ axis: number }>('Unpack', ({ torch, backend, inputs: { value }, attributes }) => {
    const { shape, dtype } = value!;
    const axis = axisOf(attributes.axis, shape);
    return torch.unstack(backend.handleOf(value!), axis).map((part) => backend.wrap(part, without(shape, axis), dtype));
  });
  registerTorchKernel<{ numOrSizeSplits: number | number[]; axis: number }>(
    'SplitV',
    ({ torch, backend, inputs: { x }, attributes }) => {
      const { shape, dtype } = x!;
      const axis = axisOf(attributes.axis, shape);
      const { numOrSizeSplits: splits } = attributes;
      const sizes = Array.isArray(splits) ? splits : new Array<number>(splits).fill(shape[axis]! / splits);
      return torch.split(backend.handleOf(x!), sizes, axis).map((part, index) =>
        backend.wrap(
          part,
          shape.map((size, i) => (i === axis ? sizes[index]! : size)),
          dtype,
        ),
      );
    },
  );
  registerTorchKernel<{ reps: number[] }>('Tile', ({ torch, backend, inputs: { x }, attributes: { reps } }) =>
    backend.wrap(
      torch.tile(backend.handleOf(x!), reps),
      x!.shape.map((length, axis) => length * reps[axis]!),
      x!.dtype,
    ),
  );
  registerTorchKernel<{ paddings: [number, number][]; constantValue: number }>(
    'PadV2',
    ({ torch, backend, inputs: { x }, attributes: { paddings, constantValue } }) =>
      backend.wrap(
        torch.pad(backend.handleOf(x!), [...paddings].reverse().flat(), constantValue),
        x!.shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1]),
        x!.dtype,
      ),
  );
  registerTorchKernel<{ axis: number }>('GatherV2', ({ torch, backend, inputs: { x, indices }, attributes }) => {
    const axis = axisOf(attributes.axis ?? 0, x!.shape);
    const count = sizeOf(indices!.shape);
    const ids = torch.reshape(backend.handleOf(indices!), [count]);
    const rows = torch.gather(backend.handleOf(x!), ids, axis);
    const shape = [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)];
    const shaped = torch.reshape(rows, shape);
    torch.free(ids);
    torch.free(rows);
    return backend.wrap(shaped, shape, x!.dtype);
  });
  registerTorchKernel<{ numSegments: number }>(
    'UnsortedSegmentSum',
    ({ torch, backend, inputs: { x, segmentIds }, attributes: { numSegments } }) =>
      backend.wrap(
        torch.segmentSum(backend.handleOf(x!), backend.handleOf(segmentIds!), numSegments),
        [numSegments, ...x!.shape.slice(1)],
        x!.dtype,
      ),
  );
  registerTorchKernel<{ transposeA: boolean; transposeB: boolean }>(
    'BatchMatMul',
    ({ torch, backend, inputs: { a, b }, attributes: { transposeA, transposeB } }) => {
      const product = torch.matmul(backend.handleOf(a!), backend.handleOf(b!), transposeA, transposeB);
      const rows = a!.shape.at(transposeA ? -1 : -2)!;
      const columns = b!.shape.at(transposeB ? -2 : -1)!;
      const wider = a!.shape.length >= b!.shape.length ? a! : b!;
      const batch = wider.shape
        .slice(0, -2)
        .map((length, i) => Math.max(length, (wider === a ? b! : a!).shape.at(i - wider.shape.length) ?? 1));
      return backend.wrap(product, [...batch, rows, columns]);
    },
  );
}
