/**
 * What the backend stores per tensor. Numbers live in the wasm heap and `values` is a view of them, made anew after the memory
 * has grown; results of copied CPU kernels stay in JavaScript until a native kernel asks for their address, because those
 * kernels write into arrays whose view a growing memory would detach. Strings and complex numbers always stay there.
 */
import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';

/** Where numbers lie: blocks that are handed out and taken back. */
export interface TensorMemory {
  /** What addresses are places in; views of an earlier one may be detached. */
  readonly buffer: ArrayBuffer;
  /** An address of at least `bytes` bytes, with arbitrary contents. */
  allocate(bytes: number): number;
  /** Gives back a block; `bytes` is what was asked for. */
  release(address: number, bytes: number): void;
}

type NumericView = Float32Array | Int32Array | Uint8Array;
type NumericType = 'float32' | 'int32' | 'bool';

const isNumeric = (dtype: DataType): dtype is NumericType =>
  dtype === 'float32' || dtype === 'int32' || dtype === 'bool';

function viewOf(buffer: ArrayBuffer, address: number, length: number, dtype: NumericType): NumericView {
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, address, length);
    case 'int32':
      return new Int32Array(buffer, address, length);
    case 'bool':
      return new Uint8Array(buffer, address, length);
    default:
      return dtype satisfies never;
  }
}

/** CPU kernels such as Slice return views of their input; the input's block may be given back, or detached by a growing memory. */
function ownCopy(memory: TensorMemory, values: backend_util.BackendValues): backend_util.BackendValues {
  return ArrayBuffer.isView(values) && values.buffer === memory.buffer ? (values as Float32Array).slice() : values;
}

export class TensorData {
  readonly dtype: DataType;
  refCount = 1;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  readonly memory: TensorMemory;
  #local: backend_util.BackendValues | undefined;
  #address = -1;
  #length = 0;
  #view: NumericView | undefined;

  constructor(memory: TensorMemory, dtype: DataType, local?: backend_util.BackendValues) {
    this.memory = memory;
    this.dtype = dtype;
    this.#local = local && ownCopy(memory, local);
  }

  /** Data of `length` elements in the heap, with arbitrary contents. */
  static allocate(memory: TensorMemory, dtype: NumericType, length: number): TensorData {
    const data = new TensorData(memory, dtype);
    data.#place(length);
    return data;
  }

  get #byteLength(): number {
    return this.#length * (this.dtype === 'bool' ? 1 : 4);
  }

  #place(length: number): void {
    this.#length = length;
    this.#address = this.memory.allocate(this.#byteLength);
  }

  get isResident(): boolean {
    return this.#address >= 0;
  }

  get values(): backend_util.BackendValues {
    if (this.#address < 0) return this.#local as backend_util.BackendValues;
    if (this.#view === undefined || this.#view.buffer !== this.memory.buffer) {
      this.#view = viewOf(this.memory.buffer, this.#address, this.#length, this.dtype as NumericType);
    }
    return this.#view;
  }

  set values(values: backend_util.BackendValues) {
    const own = ownCopy(this.memory, values);
    this.release();
    this.#local = own;
  }

  /** Address of the numbers in the heap; moves them there first if they are still in JavaScript. */
  address(): number {
    if (this.#address < 0) {
      const local = this.#local as ArrayLike<number> | undefined;
      if (!isNumeric(this.dtype) || local === undefined) throw new TypeError(`A ${this.dtype} tensor has no address.`);
      this.#place(local.length);
      this.#local = undefined;
      (this.values as NumericView).set(local);
    }
    return this.#address;
  }

  /** Moves numbers into the heap; leaves strings and complex numbers alone. */
  settle(): void {
    if (isNumeric(this.dtype) && this.#local !== undefined) this.address();
  }

  /** Gives the heap block back. */
  release(): void {
    if (this.#address >= 0) this.memory.release(this.#address, this.#byteLength);
    this.#address = -1;
    this.#view = undefined;
    this.#local = undefined;
  }
}
