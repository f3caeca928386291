/**
 * Lets the gradient tape save tensors by reference. tfjs saves each by an Identity kernel with two more entries on the tape, which it
 * then has to walk: about 360 kernels of a training step. A saved tensor is only read, so one more reference to its data will do.
 */
import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { WasmBackend } from './backend.js';

/** What tfjs keeps to itself: the method by which its tape saves a tensor. */
interface TapeEngine {
  clone(tensor: Tensor): Tensor;
}

/** Replaces the engine's internal `clone`, which serves nothing but saving; other backends keep theirs. `tf.clone` is not touched. */
export function saveTensorsByReference(): void {
  const tensors = engine();
  const tape = tensors as unknown as TapeEngine;
  const cloneByKernel = tape.clone.bind(tensors);
  tape.clone = (tensor) => {
    const backend = tensors.state.tensorInfo.get(tensor.dataId)?.backend;
    if (!(backend instanceof WasmBackend)) return cloneByKernel(tensor);
    backend.incRef(tensor.dataId);
    return tensors.makeTensorFromTensorInfo(
      { dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype },
      backend,
    );
  };
}
