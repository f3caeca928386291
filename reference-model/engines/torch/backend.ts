/**
 * The tfjs backend `vlm-torch`: a tensor's data is a handle of the addon. tfjs knows float32, int32 and bool; a handle labelled float32
 * may be of 16 bits, or of 64 in tests. Every tensor has a handle of its own (a reshaped one shares its memory inside of libtorch), and
 * tfjs's scopes and disposals free them.
 */
import { type backend_util, type DataType, KernelBackend, type TensorInfo } from '@tensorflow/tfjs-core';
import { EngineError } from '../engine-error.js';
import { type Handle, type TorchAddon, TorchType } from './addon.js';
import { LOGITS_AT_ONCE } from './logits-at-once.js';

/** Name under which tfjs knows the backend. */
export const TORCH_BACKEND = 'vlm-torch';

/** What the backend knows of a tensor; tfjs hands it around as its data id. */
export class TorchData {
  refCount = 1;
  readonly shape: readonly number[];
  readonly dtype: DataType;
  /** A float32 scalar from JavaScript, which goes to the device only if an operation cannot take a number. */
  readonly number: number | undefined;
  /** Integers from JavaScript, so that ids can be checked without asking the device. */
  readonly integers: Int32Array | undefined;
  #handle: Handle;
  /** Tensors made from this one alone, which end with it. */
  #derived: Map<unknown, readonly Handle[]> | undefined;

  constructor(
    handle: Handle,
    shape: readonly number[],
    dtype: DataType,
    { number, integers }: { readonly number?: number; readonly integers?: Int32Array } = {},
  ) {
    this.#handle = handle;
    this.shape = shape;
    this.dtype = dtype;
    this.number = number;
    this.integers = integers;
  }

  handle(materialize: (value: number) => Handle): Handle {
    if (this.#handle === 0) {
      if (this.number === undefined) throw new TypeError('The data of this tensor was disposed.');
      this.#handle = materialize(this.number);
    }
    return this.#handle;
  }

  /** Tensors that are made once from this one and something else. */
  derived(key: unknown, make: () => readonly Handle[]): readonly Handle[] {
    this.#derived ??= new Map();
    const known = this.#derived.get(key) ?? make();
    this.#derived.set(key, known);
    return known;
  }

  free(torch: TorchAddon): void {
    if (this.#handle !== 0) torch.free(this.#handle);
    for (const handles of this.#derived?.values() ?? []) for (const handle of handles) torch.free(handle);
    this.#handle = 0;
    this.#derived = undefined;
  }
}

export class TorchBackend extends KernelBackend {
  readonly torch: TorchAddon;
  /** What a tensor that tfjs calls float32 is when JavaScript makes it. */
  readonly #floatType: TorchType;
  /** Data that came from another backend, under the id it had there. */
  readonly #adopted = new WeakMap<object, TorchData>();
  /** Logits that a loss may hold at once; more are computed in chunks, and again in the backward pass. */
  logitsAtOnce = LOGITS_AT_ONCE;
  /** Whether causal masks are told by a flag, which faster kernels take, in place of numbers. */
  flagsCausalMasks = false;
  #count = 0;

  constructor(torch: TorchAddon, floatType: TorchType = TorchType.float32) {
    super();
    this.torch = torch;
    this.#floatType = floatType;
  }

  /** The data of a tensor. */
  dataOf({ dataId }: TensorInfo): TorchData {
    return this.#data(dataId);
  }

  #data(dataId: object): TorchData {
    if (dataId instanceof TorchData) return dataId;
    const adopted = this.#adopted.get(dataId);
    if (adopted === undefined) throw new TypeError('This tensor is of another backend.');
    return adopted;
  }

  handleOf(tensor: TensorInfo): Handle {
    return this.#data(tensor.dataId).handle((value) => this.torch.full([], value, this.#floatType));
  }

  /** A new tensor around a handle, which it owns from here on. */
  wrap(handle: Handle, shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
    this.#count += 1;
    return { dataId: new TorchData(handle, shape, dtype), shape: shape as number[], dtype };
  }

  /** A float32 scalar that stays in JavaScript until it is needed on the device. */
  wrapNumber(number: number): TensorInfo {
    this.#count += 1;
    return { dataId: new TorchData(0, [], 'float32', { number }), shape: [], dtype: 'float32' };
  }

  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): object {
    this.#count += 1;
    return this.#upload(values, shape, dtype);
  }

  override move(
    dataId: object,
    values: backend_util.BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    this.#count += 1;
    const data = this.#upload(values, shape, dtype);
    data.refCount = refCount;
    this.#adopted.set(dataId, data);
  }

  #upload(values: backend_util.BackendValues, shape: number[], dtype: DataType): TorchData {
    switch (dtype) {
      case 'float32': {
        const floats = values as Float32Array;
        if (shape.length === 0) return new TorchData(0, shape, dtype, { number: floats[0]! });
        return new TorchData(this.torch.upload(floatArray(floats), shape, this.#floatType), shape, dtype);
      }
      case 'int32': {
        const integers = values instanceof Int32Array ? values : Int32Array.from(values as Uint8Array);
        return new TorchData(this.torch.upload(integers, shape, TorchType.int32), shape, dtype, { integers });
      }
      case 'bool': {
        const flags = values instanceof Uint8Array ? values : Uint8Array.from(values as Int32Array);
        return new TorchData(this.torch.upload(flags, shape, TorchType.bool), shape, dtype);
      }
      default:
        throw new EngineError({
          code: 'unsupported-input',
          kernel: 'write',
          input: 'values',
          problem: `are ${dtype}; the torch engine takes float32, int32 and bool.`,
        });
    }
  }

  override readSync(dataId: object): backend_util.BackendValues {
    const data = this.#data(dataId);
    if (data.number !== undefined) return Float32Array.of(data.number);
    return this.torch.download(this.handleOf({ dataId, shape: [], dtype: data.dtype })) as Float32Array;
  }

  override async read(dataId: object): Promise<backend_util.BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: object, force = false): boolean {
    const data = this.#data(dataId);
    data.refCount -= 1;
    if (!force && data.refCount > 0) return false;
    data.free(this.torch);
    this.#count -= 1;
    return true;
  }

  override incRef(dataId: object): void {
    this.#data(dataId).refCount += 1;
  }

  override refCount(dataId: object): number {
    return this.#data(dataId).refCount;
  }

  override numDataIds(): number {
    return this.#count;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }
}

/** tfjs makes float32 of what is labelled so; a caller may hand over anything array-like. */
function floatArray(values: Float32Array | Float64Array): Float32Array | Float64Array {
  return values instanceof Float32Array || values instanceof Float64Array ? values : Float32Array.from(values);
}
