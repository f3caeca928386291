/** Exported graphs, run as transformers.js runs them: features of images take the places of their placeholders, then tokens follow one by one. */
import { join } from 'node:path';
import type { LanguageConfig } from '../../../../reference-model/model/config.js';
import type { Runtime, RuntimeTensor, Session } from './onnx-runtime.js';

/** [N, 3, size, size]. */
export interface ChannelPixels {
  readonly images: number;
  readonly size: number;
  readonly values: Float32Array;
}

export interface Asked {
  /** Of one length; placeholders of images are the image token. */
  readonly rows: readonly (readonly number[])[];
  /** 0 for padding; by default everything is present. */
  readonly present?: readonly (readonly number[])[];
  readonly pixels?: ChannelPixels | undefined;
}

interface Past {
  readonly length: number;
  readonly tensors: Readonly<Record<string, RuntimeTensor>>;
}

export interface OpenOptions {
  readonly language: LanguageConfig;
  readonly imageToken: number;
  readonly format?: keyof typeof SUFFIXES | undefined;
}

export interface ExportedModel {
  /** Scores at every position, [B, T, vocabulary]. */
  scores(asked: Asked): Promise<Float32Array>;
  /** The same where further tokens follow, all of one call in each element; the scores of all calls, one after the other. */
  continuedScores(asked: Asked, calls: readonly Asked['rows'][]): Promise<readonly Float32Array[]>;
  /** Tokens of each row up to its end token, by keys and values of earlier calls. */
  greedy(asked: Asked, end: number, maximumNewTokens: number): Promise<readonly (readonly number[])[]>;
  close(): Promise<void>;
}

/** Behind the names of files, by the names that transformers.js has for data types. */
const SUFFIXES = { float32: '', int8: '_int8', q8: '_quantized' } as const;

/** @param folder of the graphs */
export async function openExported(
  { InferenceSession, Tensor }: Runtime,
  folder: string,
  { language, imageToken, format = 'float32' }: OpenOptions,
): Promise<ExportedModel> {
  // The fewest threads: the machines of tests have few cores, and several tests.
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };
  const open = (stem: string): Promise<Session> =>
    InferenceSession.create(join(folder, `${stem}${SUFFIXES[format]}.onnx`), options);
  const [vision, embedding, decoder] = [
    await open('vision_encoder'),
    await open('embed_tokens'),
    await open('decoder_model_merged'),
  ];
  const integers = (rows: readonly (readonly number[])[]): RuntimeTensor =>
    new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);

  async function embed({ rows, pixels }: Asked): Promise<RuntimeTensor> {
    const { inputs_embeds } = await embedding.run({ input_ids: integers(rows) });
    const { data, dims } = inputs_embeds!;
    if (pixels === undefined) return inputs_embeds!;
    const { images, size, values } = pixels;
    const { image_features } = await vision.run({
      pixel_values: new Tensor('float32', values, [images, 3, size, size]),
    });
    const merged = Float32Array.from(data as Float32Array);
    const width = dims[2]!;
    let feature = 0;
    for (const [place, id] of rows.flat().entries()) {
      if (id !== imageToken) continue;
      const from = (image_features!.data as Float32Array).subarray(feature * width, ++feature * width);
      merged.set(from, place * width);
    }
    if (feature * width !== image_features!.data.length) throw new Error('placeholders are not those of the images');
    return new Tensor('float32', merged, dims);
  }

  function emptyPast(rows: number): Past {
    const { layers, keyValueHeads, hiddenSize, attentionHeads } = language;
    const empty = new Tensor('float32', new Float32Array(0), [rows, keyValueHeads, 0, hiddenSize / attentionHeads]);
    const names = Array.from({ length: layers }, (_, layer) => ['key', 'value'].map((kind) => `${layer}.${kind}`));
    return { length: 0, tensors: Object.fromEntries(names.flat().map((name) => [`past_key_values.${name}`, empty])) };
  }

  async function step(asked: Asked, present: readonly (readonly number[])[], past: Past) {
    const length = asked.rows[0]!.length;
    const positions = present.map((row) => {
      let sum = 0;
      return row.map((one) => (one === 0 ? 1 : sum++)).slice(-length);
    });
    const outputs = await decoder.run({
      inputs_embeds: await embed(asked),
      attention_mask: integers(present),
      position_ids: integers(positions),
      ...past.tensors,
    });
    const kept = Object.keys(past.tensors).map(
      (name) => [name, outputs[name.replace('past_key_values', 'present')]!] as const,
    );
    const next: Past = { length: past.length + length, tensors: Object.fromEntries(kept) };
    return { logits: outputs.logits!.data as Float32Array, past: next };
  }

  const everywhere = ({ rows }: Asked) => rows.map((row) => row.map(() => 1));

  return {
    scores: async (asked) =>
      (await step(asked, asked.present ?? everywhere(asked), emptyPast(asked.rows.length))).logits,
    continuedScores: async (asked, calls) => {
      let present = asked.present ?? everywhere(asked);
      let { logits, past } = await step(asked, present, emptyPast(asked.rows.length));
      const all = [logits];
      for (const rows of calls) {
        present = present.map((row) => [...row, ...rows[0]!.map(() => 1)]);
        ({ logits, past } = await step({ rows }, present, past));
        all.push(logits);
      }
      return all;
    },
    greedy: async (asked, end, maximumNewTokens) => {
      const texts: number[][] = asked.rows.map(() => []);
      let present = asked.present ?? everywhere(asked);
      let { logits, past } = await step(asked, present, emptyPast(asked.rows.length));
      for (;;) {
        const width = language.vocabularySize;
        const perRow = logits.length / texts.length;
        const chosen = texts.map((_, row) => topOf(logits.subarray((row + 1) * perRow - width, (row + 1) * perRow)));
        for (const [row, text] of texts.entries()) if (text.at(-1) !== end) text.push(chosen[row]!);
        const isDone = texts.every((text) => text.at(-1) === end || text.length === maximumNewTokens);
        if (isDone) return texts.map((text) => (text.at(-1) === end ? text.slice(0, -1) : text));
        present = present.map((row) => [...row, 1]);
        ({ logits, past } = await step({ rows: chosen.map((id) => [id]) }, present, past));
      }
    },
    close: async () => {
      for (const session of [vision, embedding, decoder]) await session.release();
    },
  };
}

export function topOf(scores: Float32Array): number {
  return scores.reduce((best, score, id) => (score > scores[best]! ? id : best), 0);
}
