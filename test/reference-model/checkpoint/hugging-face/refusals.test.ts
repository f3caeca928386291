/** What no checkpoint may do: it is refused by name, with file and field, before memory is taken for it. */
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../../reference-model/checkpoint/hugging-face/load-model.js';
import {
  openLanguage,
  openLlava,
  openVision,
} from '../../../../reference-model/checkpoint/hugging-face/read-checkpoint.js';
import { ParameterMismatchError } from '../../../../reference-model/checkpoint/load-parameters.js';
import { readSafetensors, writeSafetensors } from '../../../../reference-model/checkpoint/safetensors.js';
import { activateEngine } from '../../../../reference-model/engines/registry.js';
import { InputError } from '../../../../reference-model/files/input-error.js';
import { TINY } from '../../model/tiny-model.js';

const FIXTURES = 'test/fixtures/hugging-face';
const root = mkdtempSync(join(tmpdir(), 'vlm-bench-hub-'));
afterAll(() => rmSync(root, { recursive: true }));

type Json = Record<string, unknown>;

/** A copy of a fixture whose JSON file is changed. */
function changed(fixture: string, file: string, change: (content: Json) => unknown): string {
  const folder = join(mkdtempSync(join(root, 'model-')), 'model');
  cpSync(join(FIXTURES, fixture), folder, { recursive: true });
  const path = join(folder, file);
  const content = JSON.parse(readFileSync(path, 'utf8')) as Json;
  writeFileSync(path, JSON.stringify(change(content) ?? content));
  return folder;
}

function problemOf(open: () => unknown): InputError['problem'] {
  try {
    open();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).problem;
  }
  throw new Error('nothing was refused');
}

const LLAMA = 'llama-scaled-biased-transformers-5';
const QWEN2 = 'qwen2-tied-bfloat16-transformers-5';
const LLAVA = 'llava-siglip-qwen2-transformers-5';

describe('a configuration', () => {
  it.each([
    [QWEN2, 'use_sliding_window', true],
    [QWEN2, 'layer_types', ['full_attention', 'sliding_attention']],
    [QWEN2, 'hidden_act', 'gelu'],
    [LLAMA, 'mlp_bias', true],
    [LLAMA, 'head_dim', 8],
    [LLAMA, 'quantization_config', { bits: 4 }],
    [LLAMA, 'model_type', 'mistral'],
    [LLAMA, 'hidden_size', 1e9],
    [LLAMA, 'num_hidden_layers', 100_000],
    [LLAMA, 'vocab_size', 2 ** 31],
    [LLAMA, 'max_position_embeddings', 2 ** 40],
    [LLAMA, 'intermediate_size', -5],
    [LLAMA, 'num_attention_heads', 0],
    [LLAMA, 'num_key_value_heads', 1.5],
    [LLAMA, 'rms_norm_eps', 'small'],
    [LLAMA, 'tie_word_embeddings', 'yes'],
  ])('of %s with %s = %j is refused by name', (fixture, field, value) => {
    const folder = changed(fixture, 'config.json', (config) => {
      config[field] = value;
    });
    const { what, where, expected, fix } = problemOf(() => openLanguage(folder));
    expect(where).toBe(`${join(folder, 'config.json')}, field ${field}`);
    expect(what).toContain(field);
    expect([expected, fix].every((text) => text !== undefined && text.length > 0)).toBe(true);
  });

  it.each(['yarn', 'linear', 'dynamic', 'longrope'])('with positions scaled by %s is refused', (kind) => {
    const folder = changed(LLAMA, 'config.json', (config) => {
      (config.rope_parameters as Json).rope_type = kind;
    });
    expect(problemOf(() => openLanguage(folder)).where).toContain('field rope_parameters.rope_type');
  });

  it.each([
    ['projector_hidden_act', 'relu'],
    ['multimodal_projector_bias', false],
    ['vision_feature_layer', [-2, -3]],
    ['vision_feature_layer', 7],
    ['vision_feature_select_strategy', 'cls'],
    ['image_token_index', 40],
    ['model_type', 'llava_next'],
    ['text_config', null],
    ['vision_config', { model_type: 'siglip2_vision_model' }],
  ])('of a whole model with %s = %j is refused by name', (field, value) => {
    const folder = changed(LLAVA, 'config.json', (config) => {
      config[field] = value;
    });
    expect(problemOf(() => openLlava(folder)).where).toContain(`field ${field}`);
  });

  it.each(['[]', '{', '{"hidden_size": 1, "hidden_size": 2}', 'null'])('that is %s is refused', (text) => {
    const folder = changed(LLAMA, 'config.json', () => undefined);
    writeFileSync(join(folder, 'config.json'), text);
    expect(problemOf(() => openLanguage(folder)).where).toContain('config.json');
  });
});

describe('an index', () => {
  const INDEX = 'model.safetensors.index.json';
  const withMap = (change: (map: Record<string, unknown>) => void): string =>
    changed(QWEN2, INDEX, (index) => change(index.weight_map as Record<string, unknown>));

  it.each([
    '../model.safetensors',
    '/etc/passwd',
    'inner/model.safetensors',
    'C:\\model.safetensors',
    '..',
    '.safetensors',
    'model.bin',
    7,
    '',
  ])('that names the file %j is refused', (name) => {
    const folder = withMap((map) => {
      map['model.norm.weight'] = name;
    });
    const { what, where } = problemOf(() => openLanguage(folder));
    expect(where).toBe(join(folder, INDEX));
    expect(what).toContain('model.norm.weight');
  });

  it('that knows a tensor which its file lacks is refused', () => {
    const folder = withMap((map) => {
      map.invented = 'model-00001-of-00002.safetensors';
    });
    expect(problemOf(() => openLanguage(folder)).what).toBe(
      'the file lacks the tensor "invented", which stands there by the index',
    );
  });

  it('that does not know a tensor of its file is refused', () => {
    const folder = withMap((map) => {
      delete map['model.norm.weight'];
    });
    expect(problemOf(() => openLanguage(folder)).what).toContain('which stands nowhere by the index');
  });

  it('whose file is missing is refused', () => {
    const folder = withMap(() => undefined);
    rmSync(join(folder, 'model-00002-of-00002.safetensors'));
    expect(problemOf(() => openLanguage(folder)).what).toContain('there is no file');
  });

  it.each([{}, { weight_map: [] }, { weight_map: {} }, []])('that is %j is refused', (content) => {
    const folder = changed(QWEN2, INDEX, () => content);
    expect(problemOf(() => openLanguage(folder)).where).toBe(join(folder, INDEX));
  });
});

describe('a folder', () => {
  it('of pickled weights is refused with the command that converts them', () => {
    const folder = changed(LLAMA, 'config.json', () => undefined);
    renameSync(join(folder, 'model.safetensors'), join(folder, 'pytorch_model.bin'));
    const { what, fix } = problemOf(() => openLanguage(folder));
    expect(what).toContain('pytorch_model.bin');
    expect(fix).toContain('save_pretrained');
  });

  it('without weights is refused', () => {
    const folder = changed(LLAMA, 'config.json', () => undefined);
    rmSync(join(folder, 'model.safetensors'));
    expect(problemOf(() => openLanguage(folder)).what).toContain('neither model.safetensors nor');
  });
});

describe('a model that the engine cannot hold', () => {
  it('is refused before any value is read', async () => {
    await activateEngine('wasm');
    const { language } = TINY;
    const large = {
      ...TINY,
      language: { ...language, vocabularySize: 2 ** 20, hiddenSize: 2048, intermediateSize: 8192 },
    };
    const neverRead = { dtype: 'F32', shape: [1], read: () => expect.unreachable() } as const;
    const tensors = new Map([['vision_tower.vision_model.embeddings.patch_embedding.weight', neverRead]]);
    expect(() => loadModel(large, tensors)).toThrow(
      /The model takes 8\.\d GiB in float32, and the engine wasm holds 4\.0 GiB at most\. Use --engine torch/,
    );
  });
});

describe('tensors', () => {
  function withTensors(
    change: (tensors: Map<string, { shape: readonly number[]; values: Float32Array | Int32Array }>) => void,
  ): string {
    const folder = changed('siglip-transformers-4', 'config.json', () => undefined);
    const file = join(folder, 'model.safetensors');
    const tensors = new Map(readSafetensors(readFileSync(file), file).tensors);
    change(tensors);
    writeFileSync(file, writeSafetensors(tensors));
    return folder;
  }

  it('that are missing, unexpected or of another shape are told together, with the nearest name', () => {
    const name = 'vision_model.encoder.layers.1.mlp.fc1.bias';
    const folder = withTensors((tensors) => {
      tensors.set('vision_model.encoder.layers.1.mlp.fc1.bais', tensors.get(name)!);
      tensors.delete(name);
      tensors.set('vision_model.post_layernorm.bias', { shape: [3], values: new Float32Array(3) });
      tensors.set('vision_model.post_layernorm.weight', { shape: [12], values: new Int32Array(12) });
    });
    const open = () => openVision(folder);
    expect(open).toThrow(ParameterMismatchError);
    expect(open).toThrow(
      'Missing: vision_tower.vision_model.encoder.layers.1.mlp.fc1.bias (nearest: vision_model.encoder.layers.1.mlp.fc1.bais). ' +
        'Unexpected: vision_model.encoder.layers.1.mlp.fc1.bais (nearest: vision_tower.vision_model.encoder.layers.1.mlp.fc1.bias). ' +
        'Wrong shape: vision_model.post_layernorm.bias (F32 [3] instead of a float [12]), ' +
        'vision_model.post_layernorm.weight (I32 [12] instead of a float [12]).',
    );
  });

  it('of one parameter under two names are refused', () => {
    const folder = withTensors((tensors) => {
      tensors.set('post_layernorm.bias', tensors.get('vision_model.post_layernorm.bias')!);
    });
    expect(() => openVision(folder)).toThrow(/Unexpected: (vision_model\.)?post_layernorm\.bias \(nearest/);
  });

  it('that belong to the other tower of a contrastive model, or count positions, are passed over', () => {
    const folder = withTensors((tensors) => {
      tensors.set('text_model.embeddings.token_embedding.weight', { shape: [1], values: new Float32Array(1) });
      tensors.set('logit_scale', { shape: [], values: new Float32Array(1) });
      tensors.set('vision_model.embeddings.position_ids', { shape: [1, 4], values: new Int32Array(4) });
    });
    expect(openVision(folder).config.layers).toBe(2);
  });
});
