/** Puts pretrained tensors on the current engine, one in memory at a time, and starts at random what is not pretrained. */
import { requireCapacity, reserveCapacity } from '../../engines/capacity.js';
import type { ModelConfig } from '../../model/config.js';
import { checkModelConfig, type Model, modelFrom } from '../../model/model.js';
import { parameterCount } from '../../model/parameter-count.js';
import { createParameters, initialValues } from '../../model/parameters.js';
import type { TensorSources } from '../tensor-file.js';

/**
 * @param tensors by the name of the parameter, of the shapes that the configuration asks for
 * @param seed of the parameters that have no tensor
 * @throws ModelConfigError, EngineError for a model that the engine cannot hold, SafetensorsError
 */
export function loadModel(config: ModelConfig, tensors: TensorSources, seed = 1): Model {
  checkModelConfig(config);
  const { vision, connector, language } = parameterCount(config);
  const { maximumPositions, hiddenSize, attentionHeads } = config.language;
  const rotary = maximumPositions * (hiddenSize / attentionHeads); // cosines and sines, of half a head each
  const values = vision + connector + language + rotary;
  requireCapacity(values);
  reserveCapacity(values);
  const parameters = createParameters(config, (specification) => {
    const tensor = tensors.get(specification.name);
    if (tensor === undefined) return initialValues(specification, seed);
    return tensor.readInto ?? (tensor.read() as Float32Array);
  });
  return modelFrom(config, parameters);
}
