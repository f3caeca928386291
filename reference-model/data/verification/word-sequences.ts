/**
 * Sequences of words that occur again, over texts of any number: every word becomes a number once, and a table of positions finds equal
 * sequences by comparing the numbers. A text costs 4 bytes a word, and the table 8 bytes for each word of as many as are looked up at a time.
 */

/** Positions that one table holds; more are looked up in several passes over the same words. */
const MOST_IN_TABLE = 2 ** 24;

/** Texts as numbers of words, one after the other. */
export class WordTexts {
  readonly #numbers = new Map<string, number>();
  readonly #vocabulary: string[] = [];
  #words = new Uint32Array(2 ** 16);
  /** Where each text begins, and where the last one ends. */
  readonly #starts: number[] = [0];

  /** Words are letters and digits, in whichever case. */
  add(text: string): void {
    let at = this.#starts.at(-1)!;
    for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
      if (at === this.#words.length) {
        const larger = new Uint32Array(at * 2);
        larger.set(this.#words);
        this.#words = larger;
      }
      this.#words[at++] = this.#numberOf(word);
    }
    this.#starts.push(at);
  }

  #numberOf(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    // A part of a long text would keep all of it in memory.
    const own = Buffer.from(word).toString();
    const number = this.#vocabulary.push(own) - 1;
    this.#numbers.set(own, number);
    return number;
  }

  /** Where `length` words in a row occur that occurred before, in no fixed order. @param mostInTable about how many places a table may hold */
  *repetitions(length: number, mostInTable: number = MOST_IN_TABLE): Generator<Repetition> {
    const passes = Math.max(1, Math.ceil(this.#starts.at(-1)! / mostInTable));
    for (let pass = 0; pass < passes; pass++) yield* this.#repeatedIn(length, pass, passes);
  }

  *#repeatedIn(length: number, pass: number, passes: number): Generator<Repetition> {
    const slots = 2 ** Math.ceil(Math.log2((this.#starts.at(-1)! / passes) * 2 + 2));
    // Place of the first occurrence, plus one; with twice as many slots as sequences, chains stay short.
    const table = new Uint32Array(slots);
    for (let text = 0; text + 1 < this.#starts.length; text++) {
      const end = this.#starts[text + 1]! - length;
      for (let place = this.#starts[text]!; place <= end; place++) {
        const hash = this.#hash(place, length);
        if (hash % passes !== pass) continue;
        let slot = Math.imul(hash, 0x9e3779b1) & (slots - 1);
        while (table[slot] !== 0 && !this.#areEqual(table[slot]! - 1, place, length)) slot = (slot + 1) & (slots - 1);
        if (table[slot] === 0) table[slot] = place + 1;
        else yield { text, first: this.#textAt(table[slot]! - 1), place };
      }
    }
  }

  /** FNV-1a over the numbers, 32 bits. */
  #hash(place: number, length: number): number {
    let hash = 0x811c9dc5;
    for (let i = place; i < place + length; i++) hash = Math.imul(hash ^ this.#words[i]!, 0x01000193);
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  #areEqual(one: number, other: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (this.#words[one + i] !== this.#words[other + i]) return false;
    return true;
  }

  /** The last text that does not begin after the place. */
  #textAt(place: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= place) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Words in a row, with blanks between them. */
  wordsAt(place: number, length: number): string {
    return Array.from(this.#words.subarray(place, place + length), (number) => this.#vocabulary[number]!).join(' ');
  }
}

export interface Repetition {
  /** Number of the text, in the order in which they were added. */
  readonly text: number;
  /** Number of the text that has the same words first; it may be the same one. */
  readonly first: number;
  /** For `wordsAt`; it grows from text to text and within each. */
  readonly place: number;
}
