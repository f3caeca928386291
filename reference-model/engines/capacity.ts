/** Refuses models that an engine cannot hold before any of their weights is read. */
import * as tf from '@tensorflow/tfjs-core';
import { EngineError } from './engine-error.js';
import { WASM_BACKEND, WasmBackend } from './wasm/backend.js';

/** What WebAssembly can address with 32 bits. */
const WASM_BYTES = 2 ** 32;

/** Blocks of the engine's memory are up to so much larger than what they hold. */
const LARGEST_SURPLUS = 1.25;

/** Makes room for a model that is loaded next, where the engine is better off knowing beforehand. @param values as for `requireCapacity` */
export function reserveCapacity(values: number): void {
  const backend = tf.backend();
  if (backend instanceof WasmBackend) backend.heap.reserve(4 * values * LARGEST_SURPLUS);
}

/**
 * @param values numbers that the model keeps on the current engine, in float32
 * @throws EngineError `model-too-large`
 */
export function requireCapacity(values: number): void {
  const neededBytes = 4 * values;
  if (tf.getBackend() !== WASM_BACKEND || neededBytes < WASM_BYTES) return;
  throw new EngineError({ code: 'model-too-large', engine: 'wasm', neededBytes, limitBytes: WASM_BYTES });
}
