/**
 * Writes a model as a folder that transformers.js loads as `LlavaForConditionalGeneration`: graphs in `onnx/`, and beside it configuration,
 * tokenizer and processor. From a run they are made; from a whole model of the hub they are taken as they are.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { requireRows } from '../../data/tokenizer/token-rows.js';
import { syncFolder } from '../../files/atomic-file.js';
import { readJson } from '../../files/read-json.js';
import { readText } from '../../files/read-text.js';
import type { ModelConfig } from '../../model/config.js';
import {
  type ExportedRun,
  type ExportNotes,
  parametersOf,
  readingOf,
  writeGenerationConfig,
} from '../hugging-face/export-model.js';
import { configurationOf, languageConfig } from '../hugging-face/express-model.js';
import { openLlava } from '../hugging-face/read-checkpoint.js';
import { writeJson, writeText } from '../hugging-face/write-folder.js';
import { writeProcessor } from '../hugging-face/write-processor.js';
import type { QuantisedFormat } from './quantised-layers.js';
import { type ExportedGraphs, writeGraphs } from './write-graphs.js';

type Json = Readonly<Record<string, unknown>>;

export interface OnnxOptions {
  /** Whether graphs with weights in 8 bits stand beside those in float32, and of which kind. */
  readonly quantised?: QuantisedFormat;
  /** Of weights in one file; see `writeModel`. */
  readonly fileBytes?: number;
}

/**
 * A run. Fills an existing, empty folder; every file is forced to disk.
 *
 * @param card text of the model card, given what there is to say
 * @throws DataError, ParameterMismatchError, SafetensorsError
 */
export function exportOnnx(
  folder: string,
  run: ExportedRun,
  card: (notes: Pick<ExportNotes, 'changes'>) => string,
  options: OnnxOptions = {},
): void {
  const { model, mask, facts } = run;
  const reading = readingOf(run);
  const { special, changes } = reading;
  const graphs = { model, tensors: parametersOf(run), mask, imageToken: special.image };
  const dataFiles = writeAllGraphs(folder, graphs, options);
  const config = configurationOf(model, special, { hasNormLayer: false });
  writeJson(folder, 'config.json', {
    ...config,
    ...scriptConfig(dataFiles),
    vlm_bench: { ...facts, attention_mask: mask },
  });
  writeGenerationConfig(folder, run, reading);
  writeProcessor(folder, model, reading, { hasTemplateInside: true });
  writeText(folder, 'README.md', card({ changes }));
}

const IMAGE_PROCESSOR = 'preprocessor_config.json';
/** What stands beside the weights of a whole model of the hub as it is, and is needed or used to ask it. */
const COMPANIONS = [
  'generation_config.json',
  'tokenizer.json',
  'special_tokens_map.json',
  IMAGE_PROCESSOR,
  'processor_config.json',
];

/**
 * A whole model of the hub, which masks causally. Fills an existing, empty folder.
 *
 * @param source folder as it was downloaded
 * @throws InputError, ParameterMismatchError, SafetensorsError
 */
export function exportHubOnnx(folder: string, source: string, options: OnnxOptions = {}): void {
  const { config: model, tensors, imageToken } = openLlava(source);
  requireTokenRows(source, model);
  const dataFiles = writeAllGraphs(folder, { model, tensors, mask: 'causal', imageToken }, options);
  const config = readJson(join(source, 'config.json')) as Json;
  // What a configuration leaves out has defaults in `transformers`, but not in transformers.js.
  const text = { ...languageConfig(model.language), ...(config.text_config as Json) };
  writeJson(folder, 'config.json', { ...config, ...scriptConfig(dataFiles), text_config: text });
  for (const name of COMPANIONS.filter((companion) => existsSync(join(source, companion)))) {
    writeText(folder, name, readText(join(source, name)));
  }
  // Where newer models have the image processor and the template, transformers.js does not look.
  const { image_processor: nested } = readObject(source, 'processor_config.json');
  if (nested !== undefined && !existsSync(join(source, IMAGE_PROCESSOR))) writeJson(folder, IMAGE_PROCESSOR, nested);
  writeJson(folder, 'tokenizer_config.json', { ...templateOf(source), ...readObject(source, 'tokenizer_config.json') });
}

function requireTokenRows(source: string, { language }: ModelConfig): void {
  const tokenizerFile = join(source, 'tokenizer.json');
  if (!existsSync(tokenizerFile)) return;
  const tokens = tokensOf(readJson(tokenizerFile));
  const modelFile = join(source, 'config.json');
  requireRows({ tokens, tokenizerFile, rows: language.vocabularySize, modelFile });
}

/** Ids from 0 up to this, as far as the file tells them: graphs need no tokenizer of ours, so that one of any kind will do. */
function tokensOf(tokenizer: unknown): number {
  const { model, added_tokens: added } = Object(tokenizer) as Json;
  const { vocab } = Object(model) as Json;
  // Of Unigram, ids are places.
  const known = Array.isArray(vocab) ? [vocab.length - 1] : Object.values(Object(vocab) as Json);
  const named = Array.isArray(added) ? added.map((token) => (Object(token) as Json).id) : [];
  return [known, named]
    .flat()
    .reduce<number>((most, id) => (Number.isInteger(id) ? Math.max(most, (id as number) + 1) : most), 0);
}

/** The chat template, where it has a file of its own. */
function templateOf(source: string): Json {
  const file = join(source, 'chat_template.jinja');
  return existsSync(file) ? { chat_template: readText(file) } : readObject(source, 'chat_template.json');
}

const readObject = (source: string, name: string): Json =>
  existsSync(join(source, name)) ? (readJson(join(source, name)) as Json) : {};

function writeAllGraphs(
  folder: string,
  graphs: ExportedGraphs,
  { quantised, ...limits }: OnnxOptions,
): Readonly<Record<string, number>> {
  const inner = join(folder, 'onnx');
  mkdirSync(inner);
  const dataFiles = writeGraphs(inner, graphs, limits);
  const quantisedFiles = quantised === undefined ? {} : writeGraphs(inner, graphs, { ...limits, format: quantised });
  syncFolder(inner);
  return { ...dataFiles, ...quantisedFiles };
}

/** What transformers.js must be told of files of weights that stand beside a graph. */
function scriptConfig(dataFiles: Readonly<Record<string, number>>): Json {
  if (Object.keys(dataFiles).length === 0) return {};
  return { 'transformers.js_config': { use_external_data_format: dataFiles } };
}
