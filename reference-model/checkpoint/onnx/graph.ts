/**
 * A computation as ONNX describes it, as plain data: operations between named values, weights that are read when they are written, inputs
 * and outputs. Operations are those of operator set 17, the first that has LayerNormalization.
 */
import type { NamedArray } from '../safetensors.js';
import { BYTES_PER_VALUE, sizeOf } from '../safetensors-header.js';
import type { TensorSource } from '../tensor-file.js';

export const OPERATOR_SET = 17;

/** Element types and their numbers in `TensorProto.DataType`. */
export const DATA_TYPES = { float: 1, uint8: 2, int8: 3, int64: 7, bool: 9 } as const;

export type ElementType = keyof typeof DATA_TYPES;

/** Integers stand for `INT`, other numbers are written with a point: `{ float: 1 }`. */
export type Attribute = number | readonly number[] | { readonly float: number };

export interface Operation {
  readonly type: string;
  /** Names of values; an empty name leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant. */
export interface Weight {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Row-major, little-endian; each call fetches them again. */
  readonly read: () => Uint8Array;
  /** The same a part at a time, each of which is overwritten by the next; absent where it is in memory anyway, or computed. */
  readonly parts?: () => Iterable<Uint8Array>;
}

/** An input or output; a size by name is one that callers choose. */
export interface Port {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface Graph {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly weights: readonly Weight[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

const viewOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function* viewsOf(parts: Iterable<NamedArray['values']>): Generator<Uint8Array> {
  for (const part of parts) yield viewOf(part as Float32Array<ArrayBuffer>);
}

/** Collects the operations of a graph; values are handed around by name. */
export class GraphBuilder {
  readonly #name: string;
  readonly #operations: Operation[] = [];
  readonly #weights = new Map<string, Weight>();
  readonly #inputs: Port[] = [];
  readonly #outputs: Port[] = [];
  /** Names of constants, by what they hold. */
  readonly #constants = new Map<string, string>();
  /** What outputs are called instead. */
  readonly #renamed = new Map<string, string>();

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, type: ElementType, shape: Port['shape']): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** Makes the result of an operation an output, under a name of its own. */
  output(value: string, name: string, type: ElementType, shape: Port['shape']): void {
    this.#renamed.set(value, name);
    this.#outputs.push({ name, type, shape });
  }

  /** @returns the name of the only output */
  add(type: string, inputs: readonly string[], attributes: Operation['attributes'] = {}): string {
    return this.addMany(type, inputs, 1, attributes)[0]!;
  }

  addMany(
    type: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Operation['attributes'] = {},
  ): readonly string[] {
    const stem = `${type}_${this.#operations.length}`;
    const outputs = Array.from({ length: outputCount }, (_, index) => (index === 0 ? stem : `${stem}_${index}`));
    this.#operations.push({ type, inputs, outputs, attributes });
    return outputs;
  }

  cast(value: string, type: ElementType): string {
    return this.add('Cast', [value], { to: DATA_TYPES[type] });
  }

  /** A weight that is fetched when it is written; a name stands for one weight, however often it is asked for. */
  weight(weight: Weight): string {
    if (!this.#weights.has(weight.name)) this.#weights.set(weight.name, weight);
    return weight.name;
  }

  /** A tensor of a checkpoint, in float32, in the shape that it has or another one of equal size. */
  tensor(name: string, { shape, read, parts }: TensorSource, as: readonly number[] = shape): string {
    const bytes = sizeOf(shape) * BYTES_PER_VALUE.F32;
    return this.weight({
      name,
      type: 'float',
      shape: as,
      bytes,
      read: () => viewOf(read() as Float32Array<ArrayBuffer>),
      ...(parts === undefined ? {} : { parts: () => viewsOf(parts()) }),
    });
  }

  floats(values: readonly number[], shape: readonly number[] = []): string {
    return this.#constant('float', Float32Array.from(values), shape);
  }

  /** A vector, as shapes and axes are given; a scalar for a single number. */
  integers(values: number | readonly number[]): string {
    const list = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [values.length];
    return this.#constant('int64', BigInt64Array.from(list, BigInt), shape);
  }

  #constant(type: ElementType, values: Float32Array | BigInt64Array, shape: readonly number[]): string {
    const bytes = viewOf(values as Float32Array<ArrayBuffer>);
    const content = `${type} [${shape.join(', ')}] ${values.join(', ')}`;
    const known = this.#constants.get(content);
    if (known !== undefined) return known;
    const name = `constant_${this.#constants.size}`;
    this.#constants.set(content, name);
    return this.weight({ name, type, shape, bytes: bytes.length, read: () => bytes });
  }

  build(): Graph {
    const named = (names: readonly string[]) => names.map((name) => this.#renamed.get(name) ?? name);
    return {
      name: this.#name,
      operations: this.#operations.map((operation) => ({
        ...operation,
        inputs: named(operation.inputs),
        outputs: named(operation.outputs),
      })),
      weights: [...this.#weights.values()],
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
  }
}
