/**
 * The tfjs backend `vlm-wasm`: tensors in the linear memory of the kernel module, native kernels on their addresses, copied CPU
 * kernels on views of the same memory. Reference counts are tfjs's own; a kernel that throws leaves nothing behind.
 */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { type backend_util, type DataStorage, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { Heap } from './heap.js';
import { instantiateKernels, type KernelExports, type KernelModule } from './kernel-module.js';
import { KeyedValues } from './keyed-values.js';
import { NotReplayable } from './replay/not-replayable.js';
import { TensorData, type TensorMemory } from './tensor-data.js';

/** Name under which tfjs knows the backend. */
export const WASM_BACKEND = 'vlm-wasm';

type DataId = object;

export class WasmBackend extends MathBackendCPU {
  readonly heap: Heap;
  #kernels: KernelExports;
  /** Where new tensors lie: the heap, but for what is only recorded. */
  #memory: TensorMemory;
  /** Data created by the kernel that runs now; undone if it throws. */
  #created: DataId[] | undefined;
  #copiedKernelDepth = 0;

  constructor(module: KernelModule, limitBytes?: number) {
    super();
    Object.assign(this.data, { data: new KeyedValues<TensorData>() });
    this.#kernels = instantiateKernels(module);
    this.heap = new Heap(this.#kernels.memory, this.#kernels.heapStart(), limitBytes);
    this.#memory = this.heap;
  }

  get kernels(): KernelExports {
    return this.#kernels;
  }

  /** Runs a body with other kernels and another memory: see `replay/`. Tensors that it makes must not outlive it. */
  elsewhere<T>(kernels: KernelExports, memory: TensorMemory, body: () => T): T {
    const own = this.#kernels;
    this.#kernels = kernels;
    this.#memory = memory;
    try {
      return body();
    } finally {
      this.#kernels = own;
      this.#memory = this.heap;
    }
  }

  get #store(): DataStorage<TensorData> {
    return this.data as unknown as DataStorage<TensorData>;
  }

  #register(data: TensorData): DataId {
    const dataId = {};
    this.#store.set(dataId, data);
    this.#created?.push(dataId);
    return dataId;
  }

  override write(values: backend_util.BackendValues, _shape: number[], dtype: DataType): DataId {
    // CPU kernels hand on views of their inputs (a contiguous slice, say), whose memory will be used again.
    const isHeapView = ArrayBuffer.isView(values) && values.buffer === this.heap.buffer;
    const data = new TensorData(this.#memory, dtype, isHeapView ? (values as Uint8Array).slice() : values);
    if (this.#copiedKernelDepth === 0) data.settle();
    return this.#register(data);
  }

  override move(
    dataId: DataId,
    values: backend_util.BackendValues,
    _shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const data = new TensorData(this.#memory, dtype, values);
    data.settle();
    data.refCount = refCount;
    this.#store.set(dataId, data);
  }

  /** A tensor with arbitrary contents, for a native kernel to fill. */
  allocate(shape: readonly number[], dtype: 'float32' | 'int32' | 'bool' = 'float32'): TensorInfo {
    const data = TensorData.allocate(this.#memory, dtype, util.sizeFromShape(shape as number[]));
    return { dataId: this.#register(data), shape: [...shape], dtype };
  }

  /** The numbers of a float32 tensor where they lie; a view that the next tensor may detach. */
  numbers(tensor: TensorInfo): Float32Array {
    return this.#store.get(tensor.dataId).values as Float32Array;
  }

  /** Address of a tensor's numbers. Throws for a tensor that lies in another memory than new ones do. */
  address(tensor: TensorInfo): number {
    const data = this.#store.get(tensor.dataId);
    if (data.memory !== this.#memory) throw new NotReplayable('uses a tensor that it was not given');
    return data.address();
  }

  /** The same data under another shape. */
  alias(tensor: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype };
  }

  /** Copies out of the heap, so that later writes and a growing memory cannot change what the caller holds. */
  override readSync(dataId: DataId): backend_util.BackendValues {
    const values = super.readSync(dataId);
    const isView = ArrayBuffer.isView(values) && this.#store.get(dataId).isResident;
    return isView && this.#copiedKernelDepth === 0 ? (values as Float32Array).slice() : values;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#store.has(dataId)) return true;
    const data = this.#store.get(dataId);
    const isDisposed = super.disposeData(dataId, force);
    if (isDisposed) data.release();
    return isDisposed;
  }

  /** Runs a native kernel; data that it created is disposed if it throws. */
  runNative<T>(kernel: () => T): T {
    const outer = this.#created;
    const created: DataId[] = [];
    this.#created = created;
    try {
      return kernel();
    } catch (error) {
      for (const dataId of created) this.disposeData(dataId, true);
      throw error;
    } finally {
      this.#created = outer;
    }
  }

  /** Runs a kernel of the CPU backend: its results stay in JavaScript, so that the memory cannot grow under its views. */
  runCopied<T>(kernel: () => T): T {
    this.#copiedKernelDepth += 1;
    try {
      return this.runNative(kernel);
    } finally {
      this.#copiedKernelDepth -= 1;
    }
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: false, reasons: [] };
  }
}
