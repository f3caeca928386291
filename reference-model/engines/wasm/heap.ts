/**
 * Memory of tensors inside the WebAssembly memory: size classes with free lists, every block aligned to 64 bytes and padded to
 * a multiple of 64, so that kernels may run over whole vectors. Blocks are never moved, split or merged; a training loop that
 * repeats its shapes stops growing after its first step.
 */

import type { WasmMemory } from '../../files/wasm-module.js';
import { EngineError } from '../engine-error.js';

const PAGE_BYTES = 65536;
const GRANULE_BYTES = 64;
/** Growing costs a system call and detaches all views: grow by at least 4 MiB. */
const MINIMUM_GROWTH_BYTES = 4 * 1024 * 1024;
const ADDRESSABLE_BYTES = 65535 * PAGE_BYTES;

/** Block size for a request: 64-byte steps up to 512 bytes, then four steps per doubling. */
export function blockBytes(bytes: number): number {
  const granules = Math.max(1, Math.ceil(bytes / GRANULE_BYTES));
  if (granules <= 8) return granules * GRANULE_BYTES;
  const step = 2 ** (31 - Math.clz32(granules - 1) - 2);
  return Math.ceil(granules / step) * step * GRANULE_BYTES;
}

export class Heap {
  readonly #memory: WasmMemory;
  readonly #limitBytes: number;
  readonly #free = new Map<number, number[]>();
  #buffer: ArrayBuffer;
  #top: number;
  #heldBytes = 0;

  /**
   * @param start first address that the heap may hand out
   * @param limitBytes size beyond which the memory does not grow
   */
  constructor(memory: WasmMemory, start: number, limitBytes: number = ADDRESSABLE_BYTES) {
    this.#memory = memory;
    this.#buffer = memory.buffer;
    this.#limitBytes = limitBytes;
    this.#top = Math.ceil(start / GRANULE_BYTES) * GRANULE_BYTES;
  }

  /** The memory's current buffer; views of an earlier one are detached. */
  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  /** Bytes in blocks that are handed out now. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * An address of at least `bytes` bytes, with arbitrary contents.
   * @throws EngineError `out-of-memory`
   */
  allocate(bytes: number): number {
    const size = blockBytes(bytes);
    const address = this.#free.get(size)?.pop() ?? this.#extend(size) ?? this.#takeLarger(size);
    if (address === undefined) {
      throw new EngineError({ code: 'out-of-memory', requestedBytes: bytes, heldBytes: this.#heldBytes });
    }
    this.#heldBytes += size;
    return address;
  }

  /**
   * Grows once for much that comes soon: every growth makes the JavaScript engine collect its garbage. Pages that nothing touches take no
   * memory. Where the memory cannot grow so far it stays as it is.
   */
  reserve(bytes: number): void {
    const needed = Math.min(this.#top + bytes + GRANULE_BYTES, this.#limitBytes);
    if (needed <= this.#buffer.byteLength) return;
    try {
      this.#memory.grow(Math.ceil((needed - this.#buffer.byteLength) / PAGE_BYTES));
    } catch {
      return;
    }
    this.#buffer = this.#memory.buffer;
  }

  /** Gives back a block; `bytes` is what was asked for. */
  release(address: number, bytes: number): void {
    const size = blockBytes(bytes);
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [address]);
    else list.push(address);
    this.#heldBytes -= size;
  }

  #extend(size: number): number | undefined {
    const end = this.#top + size;
    // Kernels may read one vector past the end of a block, so the memory must not end there.
    const needed = end + GRANULE_BYTES;
    if (needed > this.#limitBytes) return undefined;
    if (needed > this.#buffer.byteLength) {
      const missing = needed - this.#buffer.byteLength;
      const wanted = Math.max(missing, Math.min(MINIMUM_GROWTH_BYTES, this.#limitBytes - this.#buffer.byteLength));
      try {
        this.#memory.grow(Math.ceil(wanted / PAGE_BYTES));
      } catch {
        return undefined;
      }
      this.#buffer = this.#memory.buffer;
    }
    const address = this.#top;
    this.#top = end;
    return address;
  }

  /** Last resort: a free block of a larger class, whose surplus is lost to the larger class for good. */
  #takeLarger(size: number): number | undefined {
    let best: number | undefined;
    for (const [candidate, list] of this.#free) {
      if (candidate > size && list.length > 0 && (best === undefined || candidate < best)) best = candidate;
    }
    return best === undefined ? undefined : this.#free.get(best)!.pop();
  }
}
