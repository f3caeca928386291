/**
 * A real pretrained language model against `transformers`: SMOLLM2 names the folder that `test/oracle/convert-smollm2.py` writes. Skipped
 * without it; it takes minutes and 1.5 GB of memory.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { loadModel } from '../../../../reference-model/checkpoint/hugging-face/load-model.js';
import { openLanguage } from '../../../../reference-model/checkpoint/hugging-face/read-checkpoint.js';
import { openHubTokenizer } from '../../../../reference-model/data/chat/hub-tokenizer.js';
import { activateEngine } from '../../../../reference-model/engines/registry.js';
import { logitsOf } from '../../../../reference-model/model/language-model.js';
import { buildBatch } from '../../../../reference-model/model/sequence.js';
import { runSequences } from '../../../../reference-model/model/sequence-loss.js';
import { TINY } from '../../model/tiny-model.js';

interface Sentence {
  readonly text: string;
  readonly ids: readonly number[];
  /** The eleven best tokens at each position, and their logits. */
  readonly best: readonly (readonly number[])[];
  readonly logits: readonly (readonly number[])[];
  readonly logLikelihood: number;
}

const folder = process.env.SMOLLM2;
/** Logits closer than this may change places. */
const TIE = 1e-3;

it.skipIf(folder === undefined)(
  'SmolLM2-135M ranks tokens as transformers does (SMOLLM2 names its folder)',
  { timeout: 3_600_000 },
  async () => {
    await activateEngine('wasm');
    const { config: language, tensors } = openLanguage(folder!);
    const tokenizer = openHubTokenizer(folder!);
    const config = { ...TINY, language: { ...language, maximumPositions: 512 } };
    const model = loadModel(config, tensors);
    const sentences = readFileSync(join(folder!, 'expected.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Sentence);
    let [ours, theirs, targets, positions, largest] = [0, 0, 0, 0, 0];
    for (const { text, ids, best, logits: expected, logLikelihood } of sentences) {
      expect(tokenizer.encode(text)).toEqual(ids);
      const sequence = ids.map((id) => ({ role: 'prompt', id, document: 0 }) as const);
      const { vocabularySize, maximumPositions } = config.language;
      const limits = { vocabularySize, maximumPositions, visualTokensPerImage: 0, images: 0 };
      const batch = buildBatch([sequence], 'causal', limits);
      const scores = tf.tidy(() => logitsOf(model, runSequences(model, batch)).dataSync() as Float32Array);
      for (const [i, tokens] of best.entries()) {
        const row = scores.subarray(i * vocabularySize, (i + 1) * vocabularySize);
        const top = row.reduce((most, score, id) => (score > row[most]! ? id : most), 0);
        expect(top, `the best token after ${i + 1} of ${JSON.stringify(text)}`).toBe(tokens[0]);
        for (let place = 0; place < 10; place++) {
          largest = Math.max(largest, Math.abs(row[tokens[place]!]! - expected[i]![place]!));
          if (expected[i]![place]! - expected[i]![place + 1]! < TIE) continue;
          expect(row[tokens[place]!]!, `${text}: place ${place}`).toBeGreaterThan(row[tokens[place + 1]!]!);
        }
        positions++;
        const next = ids[i + 1];
        if (next !== undefined) ours += row[next]! - logSumExp(row);
      }
      theirs += logLikelihood;
      targets += ids.length - 1;
    }
    const perplexity = (logLikelihood: number): number => Math.exp(-logLikelihood / targets);
    console.log(
      `${sentences.length} sentences, ${positions} positions; largest difference of a logit of the first ten ${largest.toExponential(1)}; ` +
        `perplexity ${perplexity(ours).toFixed(4)}, of transformers ${perplexity(theirs).toFixed(4)}`,
    );
    expect(Math.abs(perplexity(ours) / perplexity(theirs) - 1)).toBeLessThan(1e-3);
  },
);

function logSumExp(row: Float32Array): number {
  const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return most + Math.log(row.reduce((sum, score) => sum + Math.exp(score - most), 0));
}
