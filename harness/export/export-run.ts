/**
 * `vlm-bench export`: a trained model as a folder that `transformers` or transformers.js loads. No engine is started and nothing is computed
 * but copied, or rounded to 8 bits.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import {
  type ExportedRun,
  type ExportNotes,
  exportModel,
} from '../../reference-model/checkpoint/hugging-face/export-model.js';
import { isHubFolder } from '../../reference-model/checkpoint/hugging-face/open-tensors.js';
import { exportHubOnnx, exportOnnx } from '../../reference-model/checkpoint/onnx/export-model.js';
import type { QuantisedFormat } from '../../reference-model/checkpoint/onnx/quantised-layers.js';
import { openWeights } from '../../reference-model/checkpoint/trained-weights.js';
import { fillFolderAtomically } from '../../reference-model/files/atomic-folder.js';
import { namesIn } from '../../reference-model/files/folder-names.js';
import type { MaskKind } from '../../reference-model/model/config.js';
import { lastTrainedStage, type RunConfig } from '../../reference-model/recipe/recipe.js';
import { UserError } from '../errors.js';
import { recordedReading } from '../records/recorded-reader.js';
import { runPathsIn } from '../records/run-paths.js';
import { readFinishedRunIn } from '../records/run-record.js';
import { modelCard } from './model-card.js';
import { onnxCard } from './onnx-card.js';

export interface ExportRequest {
  /** Folder of a run's record; as graphs, also of a whole model of the hub. */
  readonly run: string;
  /** Folder to be made. */
  readonly out: string;
  /** Whether a model may be written for transformers that behaves otherwise there, because of its attention mask. */
  readonly allowsMaskMismatch: boolean;
  /** `hugging-face` by default. */
  readonly format?: 'hugging-face' | 'onnx';
  /** Of graphs: whether there are some with weights in 8 bits too. */
  readonly quantised?: QuantisedFormat;
}

/** @returns the folder. @throws UserError, InputError */
export async function exportRun(request: ExportRequest): Promise<string> {
  const { run, out, format = 'hugging-face' } = request;
  requireEmpty(out);
  const isOfHub = isHubFolder(resolve(run));
  switch (format) {
    case 'hugging-face':
      if (isOfHub) throw exportedAlready(run);
      return exportHuggingFace(request);
    case 'onnx':
      return isOfHub ? exportHubModel(request) : exportRunAsOnnx(request);
    default:
      return format satisfies never;
  }
}

async function exportHuggingFace({ run, out, allowsMaskMismatch }: ExportRequest): Promise<string> {
  const { record, exported } = openRun(run);
  const { mask } = exported;
  if (mask !== 'causal' && !allowsMaskMismatch) throw maskMismatch(run, mask);
  return fill(out, (folder) => exportModel(folder, exported, (notes) => modelCard({ ...record, mask, ...notes })));
}

/** The decoder applies every mask that a run can have. */
async function exportRunAsOnnx({ run, out, quantised }: ExportRequest): Promise<string> {
  const { record, exported } = openRun(run);
  const isBeam = record.identity.config.generation.strategy === 'beam';
  const options = quantised === undefined ? {} : { quantised };
  const card = (notes: Pick<ExportNotes, 'changes'>): string =>
    onnxCard({ ...record, mask: exported.mask, isBeam, ...options, ...notes });
  return fill(out, (folder) => exportOnnx(folder, exported, card, options));
}

async function exportHubModel({ run, out, quantised }: ExportRequest): Promise<string> {
  return fill(out, (folder) => exportHubOnnx(folder, resolve(run), quantised === undefined ? {} : { quantised }));
}

function exportedAlready(run: string): UserError {
  return new UserError({
    code: 'not-available',
    what: 'the folder has the form of the Hugging Face hub already',
    where: run,
    expected: 'the record of a finished run',
    fix: 'use the folder as it is, name a run, or give --format onnx',
  });
}

function openRun(run: string) {
  const { weights, ...record } = readFinishedRunIn(resolve(run));
  const { identity, result } = record;
  const { config } = identity;
  const mask = lastTrainedStage(config.recipe.stages)?.attentionMask;
  if (mask === undefined) {
    throw new UserError({
      code: 'not-available',
      what: 'the run learned no texts, so that there is nothing to ask its model',
      where: run,
      fix: 'export a run with a stage of texts',
    });
  }
  const { maximumNewTokens, strategy, beamWidth } = config.generation;
  const generation = { maximumNewTokens, ...(strategy === 'beam' ? { beamWidth } : {}) };
  const facts = { run: result.runId, code_version: identity.codeVersion, data_fingerprint: identity.dataFingerprint };
  const source = { model: config.model, mask, generation, facts, ...readingIn(resolve(run), config) };
  const exported: ExportedRun = { ...source, tensors: openWeights(weights), file: weights };
  return { record, exported };
}

/** What a run reads with that has not the embedded tokenizer. */
function readingIn(folder: string, { tokenizer }: RunConfig): Pick<ExportedRun, 'tokenizer' | 'reading'> {
  const paths = runPathsIn(folder);
  switch (tokenizer) {
    case undefined:
      return {};
    case 'byte-pairs':
      return { tokenizer: paths.tokenizer };
    case 'pretrained':
      return { reading: { reading: recordedReading(paths), file: paths.reading, modelFile: paths.config } };
    default:
      return tokenizer satisfies never;
  }
}

function maskMismatch(run: string, mask: MaskKind): UserError {
  return new UserError({
    code: 'not-available',
    what: `the model was trained with the mask ${mask}, which transformers cannot apply: its texts would differ there without a word`,
    where: run,
    expected: 'a run whose mask is causal',
    fix: 'give --format onnx, whose decoder has this mask, or --allow-mask-mismatch: card and config.json will say that it differs',
  });
}

const fill = (out: string, write: (folder: string) => void): Promise<string> =>
  fillFolderAtomically(dirname(resolve(out)), async (temporary) => {
    write(temporary);
    return basename(resolve(out));
  });

/** A folder that is replaced is gone: only one that holds nothing is. */
function requireEmpty(out: string): void {
  if (!existsSync(out)) return;
  if (statSync(out).isDirectory() && namesIn(out).length === 0) return;
  throw new UserError({
    code: 'usage',
    what: 'there is something there already',
    where: out,
    expected: 'the name of a folder that does not exist yet, or is empty',
    fix: 'name another folder, or remove this one',
  });
}
