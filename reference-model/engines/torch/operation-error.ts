/** Errors that the addon throws, as the errors of engines: they name the operation and the tensors it was given. */
import { EngineError } from '../engine-error.js';

interface AddonError extends Error {
  readonly code: 'TORCH_OPERATION' | 'TORCH_OUT_OF_MEMORY';
  readonly operation: string;
  /** As "float32 [2, 3], int32 [4]". */
  readonly tensors: string;
}

const isAddonError = (error: unknown): error is AddonError =>
  error instanceof Error && 'operation' in error && 'tensors' in error;

/** The error of a kernel, for whatever was thrown in it. */
export function engineErrorOf(error: unknown, kernel: string): unknown {
  if (!isAddonError(error)) return error;
  const { code, message, operation, tensors } = error;
  const problem = message.split('\n')[0]!.replace(/\.?$/, '.');
  if (code === 'TORCH_OUT_OF_MEMORY') {
    return new EngineError({ code: 'device-out-of-memory', kernel, problem }, { cause: error });
  }
  return new EngineError({ code: 'operation-failed', kernel, operation, tensors, problem }, { cause: error });
}
