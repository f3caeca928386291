/** The one error of this folder: an engine that cannot run here, memory that ran out, or input a kernel cannot take. */
import type { EngineName } from './engine.js';

export type EngineDefect =
  | {
      readonly code: 'engine-unavailable';
      readonly engine: EngineName;
      readonly reason: string;
      readonly remedy: string;
    }
  | {
      readonly code: 'model-too-large';
      readonly engine: EngineName;
      readonly neededBytes: number;
      readonly limitBytes: number;
    }
  | { readonly code: 'out-of-memory'; readonly requestedBytes: number; readonly heldBytes: number }
  | {
      readonly code: 'index-out-of-range';
      readonly kernel: string;
      readonly input: string;
      readonly position: number;
      readonly index: number;
      readonly limit: number;
    }
  | { readonly code: 'unsupported-input'; readonly kernel: string; readonly input: string; readonly problem: string }
  | { readonly code: 'device-out-of-memory'; readonly kernel: string; readonly problem: string }
  | {
      readonly code: 'operation-failed';
      readonly kernel: string;
      /** Of the engine's library. */
      readonly operation: string;
      /** Types and shapes of the tensors that it was given. */
      readonly tensors: string;
      readonly problem: string;
    };

const MEBIBYTE = 1024 * 1024;

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

function describe(defect: EngineDefect): string {
  switch (defect.code) {
    case 'engine-unavailable':
      return `The engine ${defect.engine} cannot run here: ${defect.reason} ${defect.remedy}`;
    case 'out-of-memory':
      return (
        `The wasm engine is out of memory: ${Math.ceil(defect.requestedBytes / MEBIBYTE)} MiB more were asked for, ` +
        `${Math.ceil(defect.heldBytes / MEBIBYTE)} MiB are held, and WebAssembly can address 4096 MiB. ` +
        'Use a smaller batch or model.'
      );
    case 'model-too-large':
      return (
        `The model takes ${gibibytes(defect.neededBytes)} in float32, and the engine ${defect.engine} holds ` +
        `${gibibytes(defect.limitBytes)} at most. Use --engine torch or --engine tensorflow.`
      );
    case 'index-out-of-range':
      return (
        `${defect.kernel}: ${defect.input}[${defect.position}] is ${defect.index}; ` +
        `expected an integer from 0 to ${defect.limit - 1}.`
      );
    case 'unsupported-input':
      return `${defect.kernel}: ${defect.input}: ${defect.problem}`;
    case 'device-out-of-memory':
      return (
        `${defect.kernel}: the device is out of memory: ${defect.problem} Use a smaller micro-batch, ` +
        'or recompute blocks in the backward pass (activation checkpointing).'
      );
    case 'operation-failed':
      return `${defect.kernel}: ${defect.operation}(${defect.tensors}) failed: ${defect.problem}`;
    default:
      return defect satisfies never;
  }
}

/** Thrown by engines; `defect` says what is wrong, for programs. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly defect: EngineDefect;

  constructor(defect: EngineDefect, options?: ErrorOptions) {
    super(describe(defect), options);
    this.defect = defect;
  }
}
