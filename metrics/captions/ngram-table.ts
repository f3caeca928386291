/**
 * Interns words and n-grams as consecutive integers, so that counting needs typed arrays instead of string maps.
 * An n-gram is its (n−1)-gram prefix plus one word: a pair of integers in an open-addressing table.
 */

/** Marks an n-gram that would run past the end of its caption. */
export const NO_GRAM = -1;

const NO_PREFIX = -1;

export class NgramTable {
  /** Number of interned grams of all orders; identifiers are 0 … size − 1. */
  size = 0;
  private readonly wordIds = new Map<string, number>();
  private readonly wordTexts = new Map<number, string>();
  private prefixes: Int32Array<ArrayBuffer>;
  private lastWords: Int32Array<ArrayBuffer>;
  /** Gram plus one; zero where free. Its length is a power of two. */
  private slots: Int32Array<ArrayBuffer>;

  /** @param expected about how many grams there will be; the table grows beyond it */
  constructor(expected = 1 << 16) {
    let capacity = 1 << 10;
    while (capacity < expected) capacity *= 2;
    this.prefixes = new Int32Array(capacity);
    this.lastWords = new Int32Array(capacity);
    this.slots = new Int32Array(2 * capacity);
  }

  /** The gram of a single word. */
  word(text: string): number {
    const known = this.wordIds.get(text);
    if (known !== undefined) return known;
    const id = this.add(NO_PREFIX, NO_PREFIX);
    this.wordIds.set(text, id);
    this.wordTexts.set(id, text);
    return id;
  }

  /** The gram `prefix` + `word`, both of this table. */
  extend(prefix: number, word: number): number {
    const mask = this.slots.length - 1;
    let slot = slotOf(prefix, word) & mask;
    for (;;) {
      const gram = this.slots[slot]! - 1;
      if (gram < 0) break;
      if (this.prefixes[gram] === prefix && this.lastWords[gram] === word) return gram;
      slot = (slot + 1) & mask;
    }
    const id = this.add(prefix, word);
    this.slots[slot] = id + 1;
    if (this.size * 2 > this.slots.length) this.rehash();
    return id;
  }

  /** Identifier of the prefix, or −1 for a single word. A prefix is always smaller than its gram. */
  prefixOf(gram: number): number {
    return this.prefixes[gram]!;
  }

  /** The word that a gram begins with. */
  firstWordOf(gram: number): number {
    let first = gram;
    for (let prefix = this.prefixes[gram]!; prefix >= 0; prefix = this.prefixes[prefix]!) first = prefix;
    return first;
  }

  /** Number of words. */
  orderOf(gram: number): number {
    let order = 1;
    for (let prefix = this.prefixes[gram]!; prefix >= 0; prefix = this.prefixes[prefix]!) order++;
    return order;
  }

  lastWordOf(gram: number): number {
    const word = this.lastWords[gram]!;
    return word === NO_PREFIX ? gram : word;
  }

  /** The text of a single-word gram. */
  textOf(word: number): string {
    return this.wordTexts.get(word)!;
  }

  private add(prefix: number, word: number): number {
    if (this.size === this.prefixes.length) {
      this.prefixes = grown(this.prefixes);
      this.lastWords = grown(this.lastWords);
    }
    const id = this.size++;
    this.prefixes[id] = prefix;
    this.lastWords[id] = word;
    return id;
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2);
    const mask = slots.length - 1;
    for (let gram = 0; gram < this.size; gram++) {
      const prefix = this.prefixes[gram]!;
      if (prefix === NO_PREFIX) continue;
      let slot = slotOf(prefix, this.lastWords[gram]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = gram + 1;
    }
    this.slots = slots;
  }
}

function slotOf(prefix: number, word: number): number {
  const hash = Math.imul(prefix, 0x9e3779b1) ^ Math.imul(word, 0x85ebca77);
  return hash ^ (hash >>> 15);
}

/** A copy of twice the length. */
export function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
