import { beforeAll, describe, expect, it } from 'vitest';
import { rotaryTables } from '../../../reference-model/model/rotary-tables.js';
import { useBackend } from '../backends.js';
import { TINY } from './tiny-model.js';

describe('rotaryTables', () => {
  beforeAll(() => useBackend('cpu'));

  it('holds the cosine and sine of position · base^(−2i/D), rounded to float32', () => {
    const config = {
      ...TINY.language,
      hiddenSize: 128,
      attentionHeads: 2,
      rotaryBase: 1_000_000,
      maximumPositions: 4096,
    };
    const { cosine, sine } = rotaryTables(config);
    expect(cosine.shape).toEqual([4096, 32]);
    const [c, s] = [cosine.dataSync(), sine.dataSync()];
    for (let position = 0; position < 4096; position += 13) {
      for (let i = 0; i < 32; i++) {
        const angle = position * 1_000_000 ** (-(2 * i) / 64);
        expect(Math.abs(c[position * 32 + i]! - Math.cos(angle))).toBeLessThan(6.1e-8);
        expect(Math.abs(s[position * 32 + i]! - Math.sin(angle))).toBeLessThan(6.1e-8);
      }
    }
    cosine.dispose();
    sine.dispose();
  });
});
