/** The sizes of the shipped pretrained backbones, from the headers of their files: a model that starts from them must have the same. */
import { closeSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { UserError } from '../errors.js';

type Shapes = Readonly<Record<string, { readonly shape?: readonly number[] }>>;

export interface BackboneSizes {
  readonly vision: {
    readonly patchSize: number;
    readonly hiddenSize: number;
    readonly intermediateSize: number;
    readonly layers: number;
    /** Positions, one of each patch. */
    readonly patches: number;
  };
  readonly language: {
    /** A model may know more words. */
    readonly vocabularySize: number;
    readonly hiddenSize: number;
    readonly intermediateSize: number;
    readonly layers: number;
    /** keyValueHeads × the width of a head. */
    readonly keyValueWidth: number;
  };
}

let known: BackboneSizes | undefined;

export function backboneSizes(): BackboneSizes {
  known ??= { vision: visionSizes(shapesOf('vision')), language: languageSizes(shapesOf('language')) };
  return known;
}

/**
 * Header of a safetensors file (https://github.com/huggingface/safetensors#format): its length in 8 bytes, then JSON.
 * @throws UserError `file-unreadable` when it is damaged
 */
function shapesOf(backbone: 'vision' | 'language'): Shapes {
  const path = `#package/reference-model/weights/${backbone}.safetensors`;
  const name = createRequire(import.meta.url).resolve(path);
  const file = openSync(name, 'r');
  try {
    const length = Buffer.alloc(8);
    readSync(file, length, 0, 8, 0);
    const header = Buffer.alloc(Number(length.readBigUInt64LE()));
    readSync(file, header, 0, header.length, 8);
    return JSON.parse(header.toString('utf8')) as Shapes;
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof RangeError)) throw cause;
    const what = `the pretrained ${backbone} backbone of the package is damaged`;
    throw new UserError({ code: 'file-unreadable', what, where: name, fix: 'install the package again' }, { cause });
  } finally {
    closeSync(file);
  }
}

function visionSizes(shapes: Shapes): BackboneSizes['vision'] {
  const at = 'vision_tower.vision_model';
  const [patches, hiddenSize] = sizesOf(shapes, `${at}.embeddings.position_embedding.weight`);
  return {
    patchSize: sizesOf(shapes, `${at}.embeddings.patch_embedding.weight`)[2]!,
    hiddenSize: hiddenSize!,
    intermediateSize: sizesOf(shapes, `${at}.encoder.layers.0.mlp.fc1.weight`)[0]!,
    layers: layersIn(shapes),
    patches: patches!,
  };
}

function languageSizes(shapes: Shapes): BackboneSizes['language'] {
  const at = 'language_model.model';
  const [vocabularySize, hiddenSize] = sizesOf(shapes, `${at}.embed_tokens.weight`);
  return {
    vocabularySize: vocabularySize!,
    hiddenSize: hiddenSize!,
    intermediateSize: sizesOf(shapes, `${at}.layers.0.mlp.gate_proj.weight`)[0]!,
    layers: layersIn(shapes),
    keyValueWidth: sizesOf(shapes, `${at}.layers.0.self_attn.k_proj.weight`)[0]!,
  };
}

function sizesOf(shapes: Shapes, name: string): readonly number[] {
  return shapes[name]?.shape ?? [];
}

function layersIn(shapes: Shapes): number {
  return new Set(Object.keys(shapes).flatMap((name) => /\.layers\.(\d+)\./.exec(name)?.[1] ?? [])).size;
}
