/** Writes a trained model as a folder of the hub: weights, configurations, tokenizer, processor. */
import type { MaskKind, ModelConfig } from '../../model/config.js';
import { parameterSpecifications } from '../../model/parameters.js';
import type { TensorSources } from '../tensor-file.js';
import { expressModel } from './express-model.js';
import { matchTensors } from './match-tensors.js';
import { writeJson, writeText, writeWeights } from './write-folder.js';
import { type ExportedTokenizer, tokenizerOf, writeProcessor } from './write-processor.js';

export interface ExportedRun {
  readonly model: ModelConfig;
  /** The mask that the model was trained and evaluated with. */
  readonly mask: MaskKind;
  /** `tokenizer.json` of a run that trained one of its own. */
  readonly tokenizer?: string;
  readonly generation: { readonly maximumNewTokens: number; readonly beamWidth?: number };
  /** Every parameter, none of them read yet, and where they lie. */
  readonly tensors: TensorSources;
  readonly file: string;
  /** What is recorded of the run in `config.json`. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What the card has to say of the form of the model. */
export interface ExportNotes {
  readonly hasNormLayer: boolean;
}

/**
 * Fills an existing, empty folder; every file is forced to disk. The class of `transformers` masks causally, whatever the mask of the run.
 *
 * @param card text of the model card, given what there is to say
 * @throws InputError for a model that cannot be expressed, DataError, ParameterMismatchError, SafetensorsError
 */
export function exportModel(folder: string, run: ExportedRun, card: (notes: ExportNotes) => string): void {
  const { model, mask, facts } = run;
  const tokenizer = tokenizerOf(model, run.tokenizer);
  const { config, tensors, hasNormLayer } = expressModel(model, parametersOf(run), tokenizer.special);
  const own = { ...facts, attention_mask: mask, final_norm_layer: hasNormLayer };
  writeJson(folder, 'config.json', { ...config, vlm_bench: own });
  writeWeights(folder, tensors);
  writeGenerationConfig(folder, run, tokenizer);
  writeProcessor(folder, model, tokenizer);
  writeText(folder, 'README.md', card({ hasNormLayer }));
}

/** By the name of the parameter. @throws ParameterMismatchError for weights of another model */
export function parametersOf({ model, tensors, file }: ExportedRun): TensorSources {
  return matchTensors(parameterSpecifications(model), { file, tensors, others: new Map() }, (name) => name);
}

export function writeGenerationConfig(
  folder: string,
  { generation }: ExportedRun,
  { special }: ExportedTokenizer,
): void {
  writeJson(folder, 'generation_config.json', {
    bos_token_id: special.begin,
    eos_token_id: special.end,
    pad_token_id: special.pad,
    do_sample: false,
    max_new_tokens: generation.maximumNewTokens,
    ...(generation.beamWidth === undefined ? {} : { num_beams: generation.beamWidth }),
  });
}
