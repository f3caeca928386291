/**
 * Seeded random indices for the bootstrap: xoshiro128** (Blackman and Vigna 2018), seeded through SplitMix32,
 * so that the same seed gives the same resamples everywhere.
 */

export class RandomIndices {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: number) {
    let state = seed | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return mixed ^ (mixed >>> 15);
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next() | 1;
  }

  /** Draws as many uniform indices as `draws` is long and counts how often each one came. */
  count(draws: Uint16Array): void {
    let a = this.a;
    let b = this.b;
    let c = this.c;
    let d = this.d;
    const scale = draws.length / 4294967296;
    draws.fill(0);
    for (let draw = 0; draw < draws.length; draw++) {
      let word = Math.imul(b, 5);
      word = Math.imul((word << 7) | (word >>> 25), 9);
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
      draws[Math.floor((word >>> 0) * scale)]!++;
    }
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }
}
