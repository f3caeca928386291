/** Matrix products: the fused linear layer and tfjs's BatchMatMul with every transpose and broadcast batch. */
import { broadcast_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { FusedKernel } from '../../../ops/kernels.js';
import { asMatrix, expectShape, expectType, type KernelCall, registerNativeKernel, sizeOf } from '../native-kernel.js';

/** y [.., N] = x [.., K] · weight [N, K]ᵀ + bias [N]. */
function linear({ backend, kernels, inputs }: KernelCall): TensorInfo {
  const { x, weight, bias } = inputs as { x: TensorInfo; weight: TensorInfo; bias?: TensorInfo };
  const { rows, columns: depth } = asMatrix(x);
  const width = weight.shape[0]!;
  expectType(FusedKernel.Linear, 'x', x, 'float32');
  expectType(FusedKernel.Linear, 'weight', weight, 'float32');
  expectShape(FusedKernel.Linear, 'weight', weight, [width, depth]);
  if (bias) expectShape(FusedKernel.Linear, 'bias', bias, [width]);
  const y = backend.allocate([...x.shape.slice(0, -1), width]);
  const [a, b, c] = [backend.address(x), backend.address(weight), backend.address(y)];
  kernels.gemm(0, 1, rows, width, depth, a, depth, b, depth, c, width, bias ? backend.address(bias) : 0, 0);
  return y;
}

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Offset in matrices of batch `index` of the broadcast shape within an operand's own batch shape. */
function batchOffset(index: number, outer: readonly number[], own: readonly number[]): number {
  let rest = index;
  let offset = 0;
  let stride = 1;
  for (let axis = outer.length - 1; axis >= 0; axis--) {
    const position = rest % outer[axis]!;
    rest = Math.floor(rest / outer[axis]!);
    const length = own[axis - outer.length + own.length] ?? 1;
    if (length > 1) offset += position * stride;
    stride *= length;
  }
  return offset;
}

function batchMatMul({ backend, kernels, inputs, attributes }: KernelCall<MatMulAttributes>): TensorInfo | null {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return null;
  const transposeA = attributes.transposeA === true;
  const transposeB = attributes.transposeB === true;
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const depth = transposeA ? rowsA : columnsA;
  const m = transposeA ? columnsA : rowsA;
  const n = transposeB ? rowsB : columnsB;
  expectShape('BatchMatMul', 'b', b, [...b.shape.slice(0, -2), ...(transposeB ? [n, depth] : [depth, n])]);
  const outerA = a.shape.slice(0, -2);
  const outerB = b.shape.slice(0, -2);
  const outer = broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
  const out = backend.allocate([...outer, m, n]);
  const [ta, tb] = [transposeA ? 1 : 0, transposeB ? 1 : 0];
  const [addressA, addressB, addressOut] = [backend.address(a), backend.address(b), backend.address(out)];
  const [batch, batchA, batchB] = [sizeOf(outer), sizeOf(outerA), sizeOf(outerB)];
  const [strideA, strideB] = [rowsA * columnsA, rowsB * columnsB];
  if (batchB === 1 && batchA === batch && !transposeA) {
    // One matrix for the whole batch: its rows are one long matrix.
    kernels.gemm(0, tb, batch * m, n, depth, addressA, depth, addressB, columnsB, addressOut, n, 0, 0);
  } else if ((batchA === batch || batchA === 1) && (batchB === batch || batchB === 1)) {
    const stepA = batchA === 1 ? 0 : strideA;
    const stepB = batchB === 1 ? 0 : strideB;
    kernels.gemmBatched(ta, tb, batch, m, n, depth, addressA, stepA, addressB, stepB, addressOut);
  } else {
    for (let index = 0; index < batch; index++) {
      const fromA = addressA + batchOffset(index, outer, outerA) * strideA * 4;
      const fromB = addressB + batchOffset(index, outer, outerB) * strideB * 4;
      kernels.gemm(ta, tb, m, n, depth, fromA, columnsA, fromB, columnsB, addressOut + index * m * n * 4, n, 0, 0);
    }
  }
  return out;
}

export function registerMatMulKernels(): void {
  registerNativeKernel(FusedKernel.Linear, linear);
  registerNativeKernel<MatMulAttributes>('BatchMatMul', batchMatMul);
}
