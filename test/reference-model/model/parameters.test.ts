import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../../reference-model/model/config.js';
import {
  initializeParameters,
  initialValues,
  parameterCount,
  parameterSpecifications,
} from '../../../reference-model/model/parameters.js';
import { useBackend } from '../backends.js';
import { TINY } from './tiny-model.js';

const ONE_LAYER: ModelConfig = { ...TINY, language: { ...TINY.language, layers: 1 } };

/**
 * Written by hand from the tensors that Hugging Face checkpoints of SigLIP (vision_model.*), LLaVA (multi_modal_projector.*) and
 * Qwen2 (model.*) hold, under the prefixes that LLaVA checkpoints give to the two backbones.
 */
const EXPECTED = `
vision_tower.vision_model.embeddings.patch_embedding.weight 12,3,2,2
vision_tower.vision_model.embeddings.patch_embedding.bias 12
vision_tower.vision_model.embeddings.position_embedding.weight 16,12
vision_tower.vision_model.encoder.layers.0.layer_norm1.weight 12
vision_tower.vision_model.encoder.layers.0.layer_norm1.bias 12
vision_tower.vision_model.encoder.layers.0.self_attn.q_proj.weight 12,12
vision_tower.vision_model.encoder.layers.0.self_attn.q_proj.bias 12
vision_tower.vision_model.encoder.layers.0.self_attn.k_proj.weight 12,12
vision_tower.vision_model.encoder.layers.0.self_attn.k_proj.bias 12
vision_tower.vision_model.encoder.layers.0.self_attn.v_proj.weight 12,12
vision_tower.vision_model.encoder.layers.0.self_attn.v_proj.bias 12
vision_tower.vision_model.encoder.layers.0.self_attn.out_proj.weight 12,12
vision_tower.vision_model.encoder.layers.0.self_attn.out_proj.bias 12
vision_tower.vision_model.encoder.layers.0.layer_norm2.weight 12
vision_tower.vision_model.encoder.layers.0.layer_norm2.bias 12
vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight 20,12
vision_tower.vision_model.encoder.layers.0.mlp.fc1.bias 20
vision_tower.vision_model.encoder.layers.0.mlp.fc2.weight 12,20
vision_tower.vision_model.encoder.layers.0.mlp.fc2.bias 12
vision_tower.vision_model.post_layernorm.weight 12
vision_tower.vision_model.post_layernorm.bias 12
multi_modal_projector.linear_1.weight 16,48
multi_modal_projector.linear_1.bias 16
multi_modal_projector.linear_2.weight 16,16
multi_modal_projector.linear_2.bias 16
language_model.model.embed_tokens.weight 11,16
language_model.model.layers.0.input_layernorm.weight 16
language_model.model.layers.0.self_attn.q_proj.weight 16,16
language_model.model.layers.0.self_attn.q_proj.bias 16
language_model.model.layers.0.self_attn.k_proj.weight 8,16
language_model.model.layers.0.self_attn.k_proj.bias 8
language_model.model.layers.0.self_attn.v_proj.weight 8,16
language_model.model.layers.0.self_attn.v_proj.bias 8
language_model.model.layers.0.self_attn.o_proj.weight 16,16
language_model.model.layers.0.post_attention_layernorm.weight 16
language_model.model.layers.0.mlp.gate_proj.weight 24,16
language_model.model.layers.0.mlp.up_proj.weight 24,16
language_model.model.layers.0.mlp.down_proj.weight 16,24
language_model.model.norm.weight 16
`;

/** SigLIP-so400m-patch14-384 without its pooling head, and Qwen2.5-0.5B. */
const PAPER: ModelConfig = {
  vision: {
    imageSize: 384,
    patchSize: 14,
    hiddenSize: 1152,
    intermediateSize: 4304,
    layers: 27,
    attentionHeads: 16,
    layerNormEpsilon: 1e-6,
  },
  connector: { pixelShuffle: 1 },
  language: {
    vocabularySize: 151_936,
    hiddenSize: 896,
    intermediateSize: 4864,
    layers: 24,
    attentionHeads: 14,
    keyValueHeads: 2,
    rotaryBase: 1_000_000,
    rmsNormEpsilon: 1e-6,
    maximumPositions: 32_768,
  },
};

describe('parameters', () => {
  beforeAll(() => useBackend('cpu'));

  it('have the names and shapes of the Hugging Face checkpoints', () => {
    const lines = parameterSpecifications(ONE_LAYER).map(({ name, shape }) => `${name} ${shape.join()}`);
    expect(lines).toEqual(EXPECTED.trim().split('\n'));
  });

  it('decay only if they are matrices', () => {
    for (const { shape, decay } of parameterSpecifications(ONE_LAYER)) expect(decay).toBe(shape.length > 1);
  });

  it('belong to the part that their name says', () => {
    const prefixes = { vision: 'vision_tower.', connector: 'multi_modal_projector.', language: 'language_model.' };
    for (const { name, part } of parameterSpecifications(ONE_LAYER)) expect(name.startsWith(prefixes[part])).toBe(true);
  });

  it('are as many as Qwen2.5-0.5B publishes: 494,032,768', () => {
    expect(parameterCount(PAPER, ['language'])).toBe(494_032_768);
    expect(parameterCount(PAPER)).toBe(
      parameterCount(PAPER, ['language']) + parameterCount(PAPER, ['vision']) + parameterCount(PAPER, ['connector']),
    );
  });

  it('start from the seed and their name alone', () => {
    const values = (config: ModelConfig, seed: number, name: string): Float32Array =>
      initialValues(parameterSpecifications(config).find((specification) => specification.name === name)!, seed);
    const name = 'language_model.model.layers.0.mlp.up_proj.weight';
    const original = values(ONE_LAYER, 1, name);
    expect(values({ ...ONE_LAYER, vision: { ...TINY.vision, layers: 3 } }, 1, name)).toEqual(original);
    expect(values(ONE_LAYER, 2, name)).not.toEqual(original);
    expect(values(ONE_LAYER, 1, name.replace('up', 'gate'))).not.toEqual(original);
  });

  it('start with variance 1/fan-in, norms at one and biases at zero', () => {
    const wide: ModelConfig = {
      ...ONE_LAYER,
      language: { ...ONE_LAYER.language, hiddenSize: 256, intermediateSize: 512 },
    };
    for (const specification of parameterSpecifications(wide)) {
      const values = initialValues(specification, 1);
      if (specification.initialization.kind === 'ones') expect(values.every((value) => value === 1)).toBe(true);
      if (specification.initialization.kind === 'zeros') expect(values.every((value) => value === 0)).toBe(true);
      if (specification.name.endsWith('up_proj.weight')) {
        const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
        // The variance of n normals has a relative standard error of √(2/n).
        expect(Math.abs(variance * 256 - 1)).toBeLessThan(5 * Math.sqrt(2 / values.length));
      }
    }
  });

  it('are put into variables in order', () => {
    const parameters = initializeParameters(ONE_LAYER, 1);
    expect([...parameters.keys()]).toEqual(parameterSpecifications(ONE_LAYER).map(({ name }) => name));
    for (const { name, variable } of parameters.values()) {
      const specification = parameterSpecifications(ONE_LAYER).find((candidate) => candidate.name === name)!;
      expect(variable.shape).toEqual(specification.shape);
      expect(variable.dataSync()).toEqual(initialValues(specification, 1));
      variable.dispose();
    }
  });
});
