/**
 * The whole model written out in float64 from the architecture's definitions, on named weights: the loss that the engines'
 * losses are compared with, and of which central differences are taken.
 */
import type { MaskKind, ModelConfig } from '../../../reference-model/model/config.js';
import { buildBatch } from '../../../reference-model/model/sequence.js';
import type { Sequence } from '../../../reference-model/model/tokens.js';
import { denseValues } from '../../../reference-model/ops/attention-mask.js';
import * as ops from '../ops/float64-reference.js';
import { type Dense, dense } from '../ops/float64-reference.js';

export type Weights = ReadonlyMap<string, Dense>;

const reshape = (x: Dense, shape: readonly number[]): Dense => dense(shape, x.values);

const add = (a: Dense, b: Dense): Dense =>
  dense(
    a.shape,
    a.values.map((v, i) => v + b.values[i % b.values.length]!),
  );

/** Patches by the definition of a strided convolution: channel, row, column, from channels-last pixels. */
function patches(pixels: Dense, size: number): Dense {
  const [images, side] = pixels.shape as [number, number];
  const perSide = side / size;
  const values: number[] = [];
  for (let n = 0; n < images; n++) {
    for (let patch = 0; patch < perSide ** 2; patch++) {
      for (let c = 0; c < 3; c++) {
        for (let y = 0; y < size; y++) {
          for (let x = 0; x < size; x++) {
            const row = Math.floor(patch / perSide) * size + y;
            const column = (patch % perSide) * size + x;
            values.push(pixels.values[((n * side + row) * side + column) * 3 + c]!);
          }
        }
      }
    }
  }
  return dense([images, perSide ** 2, 3 * size * size], values);
}

/** Joins each r×r block of patches, its patches in reading order. */
function shuffle(x: Dense, factor: number): Dense {
  const [images, count, channels] = x.shape as [number, number, number];
  const side = Math.sqrt(count);
  const blocks = side / factor;
  const values: number[] = [];
  for (let n = 0; n < images; n++) {
    for (let block = 0; block < blocks ** 2; block++) {
      for (let inside = 0; inside < factor ** 2; inside++) {
        const row = Math.floor(block / blocks) * factor + Math.floor(inside / factor);
        const column = (block % blocks) * factor + (inside % factor);
        const start = (n * count + row * side + column) * channels;
        values.push(...x.values.subarray(start, start + channels));
      }
    }
  }
  return dense([images, blocks ** 2, factor ** 2 * channels], values);
}

function selfAttention(
  x: { readonly query: Dense; readonly key: Dense; readonly value: Dense },
  heads: { readonly query: number; readonly key: number },
  mask: Dense,
): Dense {
  const split = (t: Dense, count: number): Dense => reshape(t, [t.shape[0]!, t.shape[1]!, count, t.shape[2]! / count]);
  const query = split(x.query, heads.query);
  const mixed = ops.attention(
    query,
    split(x.key, heads.key),
    split(x.value, heads.key),
    mask,
    1 / Math.sqrt(query.shape[3]!),
  );
  return reshape(mixed, x.query.shape);
}

function encodeImages({ vision }: ModelConfig, weights: Weights, pixels: Dense): Dense {
  const of = (name: string): Dense => weights.get(`vision_tower.vision_model.${name}`)!;
  const kernel = of('embeddings.patch_embedding.weight');
  let x = ops.linear(
    patches(pixels, vision.patchSize),
    reshape(kernel, [vision.hiddenSize, 3 * vision.patchSize ** 2]),
    of('embeddings.patch_embedding.bias'),
  );
  x = add(x, of('embeddings.position_embedding.weight'));
  const [images, count] = x.shape as [number, number];
  const all = dense([images, count, count], new Array<number>(images * count * count).fill(1));
  for (let i = 0; i < vision.layers; i++) {
    const layer = (name: string): Dense => of(`encoder.layers.${i}.${name}`);
    const project = (t: Dense, name: string): Dense => ops.linear(t, layer(`${name}.weight`), layer(`${name}.bias`));
    const norm = (t: Dense, name: string): Dense =>
      ops.layerNorm(t, layer(`${name}.weight`), layer(`${name}.bias`), vision.layerNormEpsilon);
    const y = norm(x, 'layer_norm1');
    const mixed = selfAttention(
      {
        query: project(y, 'self_attn.q_proj'),
        key: project(y, 'self_attn.k_proj'),
        value: project(y, 'self_attn.v_proj'),
      },
      { query: vision.attentionHeads, key: vision.attentionHeads },
      all,
    );
    x = add(x, project(mixed, 'self_attn.out_proj'));
    x = add(x, project(ops.gelu(project(norm(x, 'layer_norm2'), 'mlp.fc1')), 'mlp.fc2'));
  }
  return ops.layerNorm(x, of('post_layernorm.weight'), of('post_layernorm.bias'), vision.layerNormEpsilon);
}

function connect({ connector }: ModelConfig, weights: Weights, features: Dense): Dense {
  const project = (t: Dense, name: string): Dense =>
    ops.linear(
      t,
      weights.get(`multi_modal_projector.${name}.weight`)!,
      weights.get(`multi_modal_projector.${name}.bias`),
    );
  return project(ops.gelu(project(shuffle(features, connector.pixelShuffle), 'linear_1')), 'linear_2');
}

/** Angles by the definition in the rotary paper, one pair of channels (i, i + D/2) per frequency. */
function rotate(
  x: Dense,
  heads: number,
  positions: Dense,
  { rotaryBase, maximumPositions }: ModelConfig['language'],
): Dense {
  const channels = x.shape[2]! / heads;
  const half = channels / 2;
  const table = (f: (angle: number) => number): Dense =>
    dense(
      [maximumPositions, half],
      Array.from({ length: maximumPositions * half }, (_, i) =>
        f(Math.floor(i / half) * rotaryBase ** (-(2 * (i % half)) / channels)),
      ),
    );
  const split = reshape(x, [x.shape[0]!, x.shape[1]!, heads, channels]);
  return reshape(ops.rotaryEmbedding(split, positions, table(Math.cos), table(Math.sin)), x.shape);
}

function decode(config: ModelConfig, weights: Weights, embeddings: Dense, positions: Dense, mask: Dense): Dense {
  const { language } = config;
  let x = embeddings;
  for (let i = 0; i < language.layers; i++) {
    const of = (name: string): Dense | undefined => weights.get(`language_model.model.layers.${i}.${name}`);
    const project = (t: Dense, name: string): Dense => ops.linear(t, of(`${name}.weight`)!, of(`${name}.bias`));
    const y = ops.rmsNorm(x, of('input_layernorm.weight')!, language.rmsNormEpsilon);
    const mixed = selfAttention(
      {
        query: rotate(project(y, 'self_attn.q_proj'), language.attentionHeads, positions, language),
        key: rotate(project(y, 'self_attn.k_proj'), language.keyValueHeads, positions, language),
        value: project(y, 'self_attn.v_proj'),
      },
      { query: language.attentionHeads, key: language.keyValueHeads },
      mask,
    );
    x = add(x, project(mixed, 'self_attn.o_proj'));
    const z = ops.rmsNorm(x, of('post_attention_layernorm.weight')!, language.rmsNormEpsilon);
    x = add(x, project(ops.swiglu(project(z, 'mlp.gate_proj'), project(z, 'mlp.up_proj')), 'mlp.down_proj'));
  }
  return ops.rmsNorm(x, weights.get('language_model.model.norm.weight')!, language.rmsNormEpsilon);
}

/** Sum of the losses of every answer token, from pixels and sequences. */
export function modelLoss(
  config: ModelConfig,
  weights: Weights,
  pixels: Dense,
  sequences: readonly Sequence[],
  kind: MaskKind,
): number {
  const { language } = config;
  const visual = connect(config, weights, encodeImages(config, weights, pixels));
  const [images, visualTokensPerImage] = visual.shape as [number, number];
  const batch = buildBatch(sequences, kind, { ...language, images, visualTokensPerImage });
  const table = weights.get('language_model.model.embed_tokens.weight')!;
  const channels = language.hiddenSize;
  const { length } = batch;
  const shape = [batch.batchSize, length];
  const embeddings = new Float64Array(batch.batchSize * batch.length * channels);
  for (const [b, sequence] of sequences.entries()) {
    for (const [t, token] of sequence.entries()) {
      const source = token.role === 'visual' ? visual : table;
      const row = token.role === 'visual' ? token.image * visualTokensPerImage + token.index : token.id;
      embeddings.set(source.values.subarray(row * channels, (row + 1) * channels), (b * batch.length + t) * channels);
    }
  }
  const hidden = decode(
    config,
    weights,
    dense([...shape, channels], embeddings),
    dense(shape, batch.positions),
    dense(
      [...shape, batch.length],
      denseValues(batch.mask, { batch: batch.batchSize, targets: length, sources: length }),
    ),
  );
  const logits = ops.linear(reshape(hidden, [batch.batchSize * batch.length, channels]), table);
  let loss = 0;
  for (const [b, sequence] of sequences.entries()) {
    for (const [t, token] of sequence.entries()) {
      if (token.role !== 'answer' || t === 0 || sequence[t - 1]!.document !== token.document) continue;
      const start = (b * batch.length + t - 1) * language.vocabularySize;
      const row = dense([1, language.vocabularySize], logits.values.subarray(start, start + language.vocabularySize));
      loss += ops.softmaxCrossEntropy(row, dense([1], [token.id]), -1).values[0]!;
    }
  }
  return loss;
}
