/** The final weights of a model as a safetensors file, under Hugging Face names; equal weights give equal bytes. */
import type { Model } from '../model/model.js';
import { parameterArrays } from './load-parameters.js';
import { writeSafetensors } from './safetensors.js';

export function trainedWeights({ parameters }: Model): Uint8Array {
  return writeSafetensors(parameterArrays(parameters), { format: 'vlm-bench weights 1' });
}
