/** The place of the engine `torch` (libtorch behind a tfjs backend, for GPU training). It is not part of this version. */
import type { EngineDiagnosis } from '../engine.js';

export function diagnoseTorchEngine(): EngineDiagnosis {
  return {
    name: 'torch',
    available: false,
    reason: 'this version of vlm-bench does not contain it.',
    remedy: 'Use --engine wasm, or --engine tensorflow with @tensorflow/tfjs-node-gpu installed.',
  };
}
