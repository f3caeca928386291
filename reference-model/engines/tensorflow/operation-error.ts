/** Errors of libtensorflow, which tfjs-node throws as plain texts, as the errors of engines: they name the operation and its tensors. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { EngineError } from '../engine-error.js';

/** TF_RESOURCE_EXHAUSTED of TensorFlow's C API (tf_status.h). */
const RESOURCE_EXHAUSTED = '8';

type Execute = (operation: string, attributes: unknown, inputs: readonly TensorInfo[], ...rest: number[]) => unknown;

/** The two methods of the backend of tfjs-node through which its kernels call libtensorflow. */
export interface ExecutingBackend {
  executeSingleOutput: Execute;
  executeMultipleOutputs: Execute;
}

function engineErrorOf(error: unknown, operation: string, inputs: readonly TensorInfo[]): unknown {
  if (!(error instanceof Error)) return error;
  const [, status, message] = /^Invalid TF_Status: (\d+)\s+Message: ([^\n]*)/.exec(error.message) ?? [];
  if (status === undefined || message === undefined) return error;
  const problem = message.replace(/\.?$/, '.');
  if (status === RESOURCE_EXHAUSTED) {
    return new EngineError({ code: 'device-out-of-memory', kernel: operation, problem }, { cause: error });
  }
  const tensors = inputs.map(({ dtype, shape }) => `${dtype} [${shape?.join(', ') ?? ''}]`).join(', ');
  return new EngineError(
    { code: 'operation-failed', kernel: operation, operation, tensors, problem },
    { cause: error },
  );
}

const typed = new WeakSet<ExecutingBackend>();

/** Makes the backend throw `EngineError` for what libtensorflow refuses. A second call changes nothing. */
export function throwEngineErrors(backend: ExecutingBackend): void {
  if (typed.has(backend)) return;
  typed.add(backend);
  for (const method of ['executeSingleOutput', 'executeMultipleOutputs'] as const) {
    const execute = backend[method].bind(backend);
    backend[method] = (operation, attributes, inputs, ...rest) => {
      try {
        return execute(operation, attributes, inputs, ...rest);
      } catch (error) {
        throw engineErrorOf(error, operation, inputs);
      }
    };
  }
}
