/** Refuses models that an engine cannot hold before any of their weights is read. */
import * as tf from '@tensorflow/tfjs-core';
import { EngineError } from './engine-error.js';
import { WASM_BACKEND } from './wasm/backend.js';

/** What WebAssembly can address with 32 bits. */
const WASM_BYTES = 2 ** 32;

/**
 * @param values numbers that the model keeps on the current engine, in float32
 * @throws EngineError `model-too-large`
 */
export function requireCapacity(values: number): void {
  const neededBytes = 4 * values;
  if (tf.getBackend() !== WASM_BACKEND || neededBytes < WASM_BYTES) return;
  throw new EngineError({ code: 'model-too-large', engine: 'wasm', neededBytes, limitBytes: WASM_BYTES });
}
