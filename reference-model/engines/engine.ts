/**
 * An engine runs the tensor operations of the one model code. Each engine registers a tfjs backend; the fused operations
 * in `ops/` use its native kernels where it has them and compositions of stock operations where it has not.
 */

export type EngineName = 'wasm' | 'tensorflow' | 'torch';

/** A working engine, selected as the current tfjs backend. */
export interface Engine {
  readonly name: EngineName;
  /** Name under which its backend is registered with tfjs. */
  readonly backend: string;
  readonly precision: 'float32' | 'tf32' | 'bfloat16' | 'float16';
  /**
   * Identity of the arithmetic, type of device and precision included: two engines with equal numerics give equal bits. It enters the run
   * id. For `wasm` it is the hash of the kernel binary.
   */
  readonly numerics: string;
  /**
   * Devices that share the work of a step. The run id does not know it: the recipe names the global batch, and what a step learns from is
   * the same however it is divided. Each start of a run records its own.
   */
  readonly devices: number;
  /** What it computes on, where it has a choice. */
  readonly device?: 'cpu' | 'gpu';
}

/** What `doctor` says about one engine. */
export type EngineDiagnosis =
  | { readonly name: EngineName; readonly available: true; readonly detail: string }
  | { readonly name: EngineName; readonly available: false; readonly reason: string; readonly remedy: string };
