/** A tensor that is filled where it will lie: what is read from files goes there at once, without a copy in JavaScript in between. */
import * as tf from '@tensorflow/tfjs-core';
import { WasmBackend } from './wasm/backend.js';

/**
 * A float32 tensor on the current engine.
 *
 * @param fill is given an array of its size with arbitrary contents and writes all of it; it must not make tensors
 * @throws EngineError `out-of-memory`, and whatever `fill` throws
 */
export function filledTensor(shape: readonly number[], fill: (values: Float32Array) => void): tf.Tensor {
  const backend = tf.backend();
  if (backend instanceof WasmBackend) {
    const filled = backend.runNative(() => {
      const tensor = backend.allocate(shape);
      fill(backend.numbers(tensor));
      return tensor;
    });
    return tf.engine().makeTensorFromTensorInfo(filled);
  }
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  fill(values);
  return tf.tensor(values, [...shape], 'float32');
}
