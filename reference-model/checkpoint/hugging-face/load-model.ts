/** Puts pretrained tensors on the current engine, one in memory at a time, and starts at random what is not pretrained. */
import type { ModelConfig } from '../../model/config.js';
import { checkModelConfig, type Model, modelFrom } from '../../model/model.js';
import { createParameters, initialValues } from '../../model/parameters.js';
import type { TensorSources } from '../tensor-file.js';

/**
 * @param tensors by the name of the parameter, of the shapes that the configuration asks for
 * @param seed of the parameters that have no tensor
 * @throws ModelConfigError, SafetensorsError
 */
export function loadModel(config: ModelConfig, tensors: TensorSources, seed = 1): Model {
  checkModelConfig(config);
  const parameters = createParameters(config, (specification) => {
    const tensor = tensors.get(specification.name);
    return tensor === undefined ? initialValues(specification, seed) : (tensor.read() as Float32Array);
  });
  return modelFrom(config, parameters);
}
