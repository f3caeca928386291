/** The sizes of the shipped pretrained backbones, from the headers of their files: a model that starts from them must have the same. */
import { createRequire } from 'node:module';
import { readSafetensorsHeader, SafetensorsError } from '../../reference-model/checkpoint/safetensors-header.js';
import { UserError } from '../errors.js';

type Shapes = ReadonlyMap<string, readonly number[]>;

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

/** @throws UserError `file-unreadable` when the file is damaged */
function shapesOf(backbone: 'vision' | 'language'): Shapes {
  const path = `#package/reference-model/weights/${backbone}.safetensors`;
  const name = createRequire(import.meta.url).resolve(path);
  try {
    return new Map(readSafetensorsHeader(name).entries.map((entry) => [entry.name, entry.shape]));
  } catch (cause) {
    if (!(cause instanceof SafetensorsError)) throw cause;
    const what = `the pretrained ${backbone} backbone of the package is damaged`;
    throw new UserError({ code: 'file-unreadable', what, where: name, fix: 'install the package again' }, { cause });
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
  return shapes.get(name) ?? [];
}

function layersIn(shapes: Shapes): number {
  return new Set([...shapes.keys()].flatMap((name) => /\.layers\.(\d+)\./.exec(name)?.[1] ?? [])).size;
}
