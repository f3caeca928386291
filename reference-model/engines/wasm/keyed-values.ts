/**
 * A weak map that keeps each value as a property of its key. tfjs looks up every tensor in two weak maps several times over, and entries
 * of a `WeakMap` are hashed and cost the garbage collector extra rounds: together a twentieth of a training step.
 */

type Holder<Value> = Record<symbol, Value | undefined>;

/** The part of a `WeakMap` that tfjs uses. Keys must be extensible objects, as its data ids are. */
export class KeyedValues<Value> {
  readonly #property = Symbol('value');
  readonly #earlier: Pick<WeakMap<object, Value>, 'get' | 'delete'> | undefined;

  /** @param earlier a map that is replaced: its entries stay in reach */
  constructor(earlier?: Pick<WeakMap<object, Value>, 'get' | 'delete'>) {
    this.#earlier = earlier;
  }

  get(key: object): Value | undefined {
    return (key as Holder<Value>)[this.#property] ?? this.#earlier?.get(key);
  }

  has(key: object): boolean {
    return this.get(key) !== undefined;
  }

  set(key: object, value: Value): this {
    (key as Holder<Value>)[this.#property] = value;
    return this;
  }

  delete(key: object): boolean {
    const known = this.has(key);
    // A deleted property would turn the key into a slow dictionary.
    (key as Holder<Value>)[this.#property] = undefined;
    this.#earlier?.delete(key);
    return known;
  }
}
