/** Writes a trained model as a folder of the hub: weights, configurations, tokenizer, processor. */
import type { MaskKind, ModelConfig } from '../../model/config.js';
import { parameterSpecifications } from '../../model/parameters.js';
import type { TensorSources } from '../tensor-file.js';
import { type ExportedReading, ownReading, type RecordedReading, readingOfHub } from './exported-reading.js';
import { expressModel } from './express-model.js';
import { matchTensors } from './match-tensors.js';
import { lacksRow, withPlaceholderRow } from './placeholder-row.js';
import { writeJson, writeText, writeWeights } from './write-folder.js';
import { writeProcessor } from './write-processor.js';

export interface ExportedRun {
  readonly model: ModelConfig;
  /** The mask that the model was trained and evaluated with. */
  readonly mask: MaskKind;
  /** `tokenizer.json` of a run that trained one of its own. */
  readonly tokenizer?: string;
  /** How a run reads that started from weights of the hub. */
  readonly reading?: RecordedReading;
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
  /** Whether the embeddings got a row for the placeholder of images. */
  readonly hasPlaceholderRow: boolean;
  /** What was changed of tokenizer and template, as clauses. */
  readonly changes: readonly string[];
}

/**
 * Fills an existing, empty folder; every file is forced to disk. The class of `transformers` masks causally, whatever the mask of the run.
 *
 * @param card text of the model card, given what there is to say
 * @throws InputError for a model that cannot be expressed, DataError, ParameterMismatchError, SafetensorsError
 */
export function exportModel(folder: string, run: ExportedRun, card: (notes: ExportNotes) => string): void {
  const { mask, facts } = run;
  const reading = readingOf(run);
  const { special, changes } = reading;
  const hasPlaceholderRow = lacksRow(run.model.language, special.image);
  const parameters = parametersOf(run);
  const { model, tensors: all } = hasPlaceholderRow
    ? withPlaceholderRow(run.model, parameters, special.image)
    : { model: run.model, tensors: parameters };
  const { config, tensors, hasNormLayer } = expressModel(model, all, special);
  const own = { ...facts, attention_mask: mask, final_norm_layer: hasNormLayer };
  writeJson(folder, 'config.json', { ...config, vlm_bench: own });
  writeWeights(folder, tensors);
  writeGenerationConfig(folder, run, reading);
  writeProcessor(folder, model, reading);
  writeText(folder, 'README.md', card({ hasNormLayer, hasPlaceholderRow, changes }));
}

/** @throws DataError or InputError for a tokenizer that is damaged, or of another model */
export function readingOf({ model, tokenizer, reading }: ExportedRun): ExportedReading {
  return reading === undefined ? ownReading(model, tokenizer) : readingOfHub(model, reading);
}

/** By the name of the parameter. @throws ParameterMismatchError for weights of another model */
export function parametersOf({ model, tensors, file }: ExportedRun): TensorSources {
  return matchTensors(parameterSpecifications(model), { file, tensors, others: new Map() }, (name) => name);
}

export function writeGenerationConfig(
  folder: string,
  { generation }: ExportedRun,
  { special, endTokens }: ExportedReading,
): void {
  writeJson(folder, 'generation_config.json', {
    bos_token_id: special.begin,
    eos_token_id: endTokens.length === 1 ? endTokens[0] : endTokens,
    pad_token_id: special.pad,
    do_sample: false,
    max_new_tokens: generation.maximumNewTokens,
    ...(generation.beamWidth === undefined ? {} : { num_beams: generation.beamWidth }),
  });
}
