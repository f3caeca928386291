/**
 * A model as the three graphs that transformers.js runs for `LlavaForConditionalGeneration`: vision encoder with connector, embeddings of
 * tokens, decoder. Their files are named there by how weights are kept.
 */
import type { MaskKind, ModelConfig } from '../../model/config.js';
import type { TensorSources } from '../tensor-file.js';
import { type Graph, GraphBuilder } from './graph.js';
import { decoderGraph, embeddingGraph } from './language-graphs.js';
import type { LayerContext } from './layers.js';
import type { WeightFormat } from './quantised-layers.js';
import { visionGraph } from './vision-graph.js';
import { writeModel } from './write-model.js';

export interface ExportedGraphs {
  readonly model: ModelConfig;
  /** Every parameter, by its name. */
  readonly tensors: TensorSources;
  /** What the decoder applies. */
  readonly mask: MaskKind;
  /** Placeholder of images; it needs no row of the embeddings. */
  readonly imageToken?: number;
}

interface WriteGraphsOptions {
  readonly format?: WeightFormat;
  /** Of weights in one file; see `writeModel`. */
  readonly fileBytes?: number;
}

/** Behind the names of files, as transformers.js looks for them. */
const SUFFIXES: Readonly<Record<WeightFormat, string>> = { float32: '', int8: '_int8', q8: '_quantized' };

/**
 * Fills an existing folder, one tensor in memory at a time.
 *
 * @returns of each model that has files of weights beside it how many, by its file's name
 */
export function writeGraphs(
  folder: string,
  { model, tensors, mask, imageToken }: ExportedGraphs,
  { format = 'float32', ...limits }: WriteGraphsOptions = {},
): Readonly<Record<string, number>> {
  const graphs: Readonly<Record<string, (context: LayerContext) => Graph>> = {
    vision_encoder: (context) => visionGraph(context, model, mask),
    embed_tokens: (context) => embeddingGraph(context, model.language, { mask, imageToken }),
    decoder_model_merged: (context) => decoderGraph(context, model.language, mask),
  };
  const dataFiles: Record<string, number> = {};
  for (const [stem, build] of Object.entries(graphs)) {
    const name = `${stem}${SUFFIXES[format]}`;
    const count = writeModel(folder, name, build({ graph: new GraphBuilder(stem), tensors, format }), limits);
    if (count > 0) dataFiles[`${name}.onnx`] = count;
  }
  return dataFiles;
}
