/** Compiles and instantiates the WebAssembly modules of this package, which `npm run build:kernels` puts below `dist`. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The part of WebAssembly's JavaScript interface that is used here; TypeScript ships its types only with the browser's. */
interface WebAssemblyInterface {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface };

/** A WebAssembly memory: growing it detaches the previous `buffer`. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** @param pages of 64 KiB; throws RangeError where there is no room */
  grow(pages: number): number;
}

/** @param path below `dist`. Throws if the binary is missing. */
export function readWasm(path: string): Buffer {
  const { resolve } = createRequire(import.meta.url);
  return readFileSync(resolve(`#package/dist/${path}`));
}

export function compileWasm(binary: Uint8Array): object {
  return new WebAssembly.Module(new Uint8Array(binary));
}

/** A fresh instance with its own memory. @returns what the module exports, of the type that its source declares */
export function instantiateWasm(module: object, abort: () => never): object {
  return new WebAssembly.Instance(module, { env: { abort } }).exports;
}
