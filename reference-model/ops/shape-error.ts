/** The error of a fused operation that was given tensors whose shapes or types do not fit together. */
import type * as tf from '@tensorflow/tfjs-core';

export class ShapeError extends Error {
  readonly code = 'shape-mismatch';
  readonly operation: string;

  constructor(operation: string, problem: string) {
    super(`${operation}: ${problem}`);
    this.name = 'ShapeError';
    this.operation = operation;
  }
}

const shapeText = (shape: readonly (number | '..')[]): string => `[${shape.join(', ')}]`;

/** @throws ShapeError unless the tensor has exactly this shape and, where given, this type */
export function expectShape(
  operation: string,
  name: string,
  tensor: tf.Tensor,
  expected: readonly number[],
  dtype: tf.DataType = 'float32',
): void {
  const fits = tensor.shape.length === expected.length && expected.every((size, axis) => tensor.shape[axis] === size);
  if (!fits || tensor.dtype !== dtype) {
    throw new ShapeError(
      operation,
      `${name} must be ${dtype} ${shapeText(expected)}, got ${tensor.dtype} ${shapeText(tensor.shape)}.`,
    );
  }
}

/** @throws ShapeError unless the tensor has this many dimensions */
export function expectRank(operation: string, name: string, tensor: tf.Tensor, rank: number): void {
  if (tensor.rank !== rank) {
    throw new ShapeError(operation, `${name} must have ${rank} dimensions, got ${shapeText(tensor.shape)}.`);
  }
}

/** Size of the last dimension. @throws ShapeError for a scalar or a tensor that is not float32 */
export function channelsOf(operation: string, name: string, tensor: tf.Tensor): number {
  const channels = tensor.shape.at(-1);
  if (channels === undefined || tensor.dtype !== 'float32') {
    throw new ShapeError(operation, `${name} must be float32 [.., C], got ${tensor.dtype} ${shapeText(tensor.shape)}.`);
  }
  return channels;
}
