/** How engines keep weights and what the backward pass needs, for estimates of a run's memory. */
import type { EngineName } from '../../reference-model/engines/engine.js';
import { FEW_LOGITS_AT_ONCE, LOGITS_AT_ONCE } from '../../reference-model/engines/torch/logits-at-once.js';
import { type TorchSettings, torchSettings } from '../../reference-model/engines/torch/settings.js';

/** How an engine keeps what the backward pass needs. */
export interface Keeping {
  readonly bytesPerNumber: 2 | 4;
  /** Whether the probabilities of attention are kept; fused attention computes them again. */
  readonly probabilities: boolean;
  /** All that a block needs, or only what enters it, from which the rest is computed again; everything where it is not stated. */
  readonly kept?: 'everything' | 'block-inputs';
  /** Scores of next tokens that are held at a time, where a loss over more is computed in parts. */
  readonly scoresAtOnce?: number;
}

export interface EngineMemory extends Keeping {
  readonly engine: EngineName;
  /** Of the process: node, the package, the engine, and room that the JavaScript engine leaves itself. */
  readonly processBytes: number;
  /** Of a weight: one that learns, with gradient, moments and copies, and one that does not. */
  readonly bytesPerLearning: number;
  /** Of these, what the ranks of a run divide among themselves. */
  readonly bytesDivided: number;
  readonly bytesPerFrozen: number;
}

/** @param settings of the engine torch */
export function engineMemory(engine: EngineName, settings: () => TorchSettings = torchSettings): EngineMemory {
  switch (engine) {
    case 'wasm':
    case 'tensorflow':
      return {
        engine,
        // Measured on the CPU, with TensorFlow 2.21.0 loaded: 320 MB, which the runs of one machine share.
        processBytes: engine === 'wasm' ? 229e6 : 490e6,
        bytesPerLearning: 16,
        bytesDivided: 0,
        bytesPerFrozen: 4,
        bytesPerNumber: 4,
        probabilities: true,
      };
    case 'torch': {
      const { precision, checkpointing, shardOptimizer } = settings();
      const isShort = precision === 'bfloat16' || precision === 'float16';
      return {
        engine,
        // Measured on the CPU, with its libtorch loaded.
        processBytes: 265e6,
        // The weight, its gradient, which is float32 always, and two moments; in 16 bits also a float32 master.
        bytesPerLearning: isShort ? 2 + 4 + 8 + 4 : 4 + 4 + 8,
        // Moments and masters (ZeRO stage 1: Rajbhandari et al. 2020, arXiv 1910.02054, §5.1).
        bytesDivided: shardOptimizer ? (isShort ? 8 + 4 : 8) : 0,
        bytesPerFrozen: isShort ? 2 : 4,
        bytesPerNumber: isShort ? 2 : 4,
        probabilities: false,
        kept: checkpointing === 'none' ? 'everything' : 'block-inputs',
        scoresAtOnce: checkpointing === 'all' ? FEW_LOGITS_AT_ONCE : LOGITS_AT_ONCE,
      };
    }
    default:
      return engine satisfies never;
  }
}
