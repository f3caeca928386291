import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  loadParameters,
  ParameterMismatchError,
  parameterArrays,
} from '../../../reference-model/checkpoint/load-parameters.js';
import { readSafetensors, writeSafetensors } from '../../../reference-model/checkpoint/safetensors.js';
import { disposeModel, type Model } from '../../../reference-model/model/model.js';
import { TEST_BACKENDS, useBackend } from '../backends.js';
import { tinyModel } from '../model/tiny-model.js';

describe('loadParameters', () => {
  let source: Model;
  let target: Model;
  beforeAll(async () => {
    await useBackend(TEST_BACKENDS[0]!);
    source = tinyModel({ seed: 1 });
    target = tinyModel({ seed: 2 });
  });
  afterAll(() => [source, target].forEach(disposeModel));

  it('restores a model from a file, bit for bit', () => {
    const bytes = writeSafetensors(parameterArrays(source.parameters));
    const variables = [...target.parameters.values()].map(({ variable }) => variable);
    loadParameters(target, readSafetensors(bytes, 'f').tensors, 'f');
    expect(writeSafetensors(parameterArrays(target.parameters))).toEqual(bytes);
    expect([...target.parameters.values()].map(({ variable }) => variable)).toEqual(variables);
  });

  it('loads one part and leaves the others alone', () => {
    const other = tinyModel({ seed: 3 });
    const before = parameterArrays(target.parameters, ['connector', 'language']);
    loadParameters(target, parameterArrays(other.parameters, ['vision']), 'f', ['vision']);
    expect(parameterArrays(target.parameters, ['connector', 'language'])).toEqual(before);
    expect(parameterArrays(target.parameters, ['vision'])).toEqual(parameterArrays(other.parameters, ['vision']));
    disposeModel(other);
  });

  it('names what is missing, unexpected or of the wrong shape, and changes nothing', () => {
    const arrays = new Map(parameterArrays(source.parameters));
    arrays.delete('multi_modal_projector.linear_1.bias');
    arrays.set('lm_head.weight', { shape: [1], values: Float32Array.of(0) });
    arrays.set('multi_modal_projector.linear_2.bias', { shape: [2], values: Float32Array.of(0, 0) });
    const before = parameterArrays(target.parameters);
    const load = () => loadParameters(target, arrays, 'weights.safetensors');
    expect(load).toThrow(ParameterMismatchError);
    expect(load).toThrow(
      'weights.safetensors: the weights do not fit the model. Missing: multi_modal_projector.linear_1.bias. ' +
        'Unexpected: lm_head.weight. Wrong shape: multi_modal_projector.linear_2.bias (float [2] instead of float [16]). ' +
        'Check that the file and the model configuration belong together.',
    );
    expect(parameterArrays(target.parameters)).toEqual(before);
  });

  it('refuses integers for weights', () => {
    const arrays = new Map(parameterArrays(source.parameters));
    arrays.set('multi_modal_projector.linear_2.bias', { shape: [16], values: new Int32Array(16) });
    expect(() => loadParameters(target, arrays, 'f')).toThrow('(integer [16] instead of float [16])');
  });
});
