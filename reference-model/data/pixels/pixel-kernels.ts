/** The compiled loops over pixels (`assembly/`): one instance with its own memory serves a thread. */
import { compileWasm, instantiateWasm, readWasm, type WasmMemory } from '../../files/wasm-module.js';

/** Addresses and sizes in bytes; the contracts stand in `assembly/`. */
export interface PixelKernels {
  readonly memory: WasmMemory;
  heapStart(): number;
  alongRows(
    source: number,
    sourceBytes: number,
    rows: number,
    target: number,
    targetBytes: number,
    columns: number,
    starts: number,
    counts: number,
    weights: number,
    weightBytes: number,
  ): void;
  alongColumns(
    source: number,
    rowBytes: number,
    target: number,
    rows: number,
    starts: number,
    counts: number,
    weights: number,
    weightBytes: number,
  ): void;
  scaleLevels(source: number, pixels: number, tables: number, target: number): void;
}

/** Bytes beyond which an instance is given up after use: a WebAssembly memory never shrinks. */
const LARGEST_KEPT = 2 ** 26;
const PAGE_BYTES = 2 ** 16;

let instance: PixelKernels | undefined;

/** The instance of this thread; what it is used for ends before anything else asks for it. */
export function pixelKernels(): PixelKernels {
  if (instance !== undefined && instance.memory.buffer.byteLength <= LARGEST_KEPT) return instance;
  instance = instantiateWasm(compileWasm(readWasm('reference-model/data/pixels/pixels.wasm')), () => {
    throw new Error('A loop over pixels aborted.');
  }) as PixelKernels;
  return instance;
}

/** Places blocks one after the other in the memory of the kernels. */
export function memoryPlan({ heapStart, memory }: PixelKernels) {
  let end = heapStart();
  return {
    /** Address of a block of so many bytes, a multiple of 16. */
    place(bytes: number): number {
      const address = end;
      end = aligned(end + bytes);
      return address;
    },
    /** All of the memory, large enough for what was placed. */
    reserve(): Uint8Array {
      const missing = end - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
      return new Uint8Array(memory.buffer);
    },
  };
}

/** The next multiple of 16. */
export const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;
