/** Writes a trained model of the embedded scale as a folder of the hub: weights, configurations, tokenizer, processor. */
import { loadEmbeddedTokenizer } from '../../data/tokenizer/load-tokenizer.js';
import type { MaskKind, ModelConfig } from '../../model/config.js';
import { parameterSpecifications } from '../../model/parameters.js';
import type { TensorSources } from '../tensor-file.js';
import { expressModel } from './express-model.js';
import { matchTensors } from './match-tensors.js';
import { writeJson, writeText, writeWeights } from './write-folder.js';
import { writeProcessor } from './write-processor.js';

export interface ExportedRun {
  readonly model: ModelConfig;
  /** The mask that the model was trained and evaluated with; there only a causal one can be had. */
  readonly mask: MaskKind;
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
 * Fills an existing, empty folder; every file is forced to disk.
 *
 * @param card text of the model card, given what there is to say
 * @throws InputError for a model that cannot be expressed, ParameterMismatchError, SafetensorsError
 */
export function exportModel(folder: string, run: ExportedRun, card: (notes: ExportNotes) => string): void {
  const { model, mask, generation, facts } = run;
  const tokens = loadEmbeddedTokenizer({ vocabularySize: model.language.vocabularySize }).special;
  const source = { file: run.file, tensors: run.tensors, others: new Map() };
  const parameters = matchTensors(parameterSpecifications(model), source, (name) => name);
  const { config, tensors, hasNormLayer } = expressModel(model, parameters, tokens);
  const own = { ...facts, attention_mask: mask, final_norm_layer: hasNormLayer };
  writeJson(folder, 'config.json', { ...config, vlm_bench: own });
  writeWeights(folder, tensors);
  writeJson(folder, 'generation_config.json', {
    bos_token_id: tokens.begin,
    eos_token_id: tokens.end,
    pad_token_id: tokens.pad,
    do_sample: false,
    max_new_tokens: generation.maximumNewTokens,
    ...(generation.beamWidth === undefined ? {} : { num_beams: generation.beamWidth }),
  });
  writeProcessor(folder, model);
  writeText(folder, 'README.md', card({ hasNormLayer }));
}
