/** `vlm-bench export`: a finished run as a folder that `transformers` loads. No engine is started and nothing is computed but copied. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { exportModel } from '../../reference-model/checkpoint/hugging-face/export-model.js';
import { openWeights } from '../../reference-model/checkpoint/trained-weights.js';
import { fillFolderAtomically } from '../../reference-model/files/atomic-folder.js';
import { lastTrainedStage } from '../../reference-model/recipe/recipe.js';
import { UserError } from '../errors.js';
import { readFinishedRunIn } from '../records/run-record.js';
import { modelCard } from './model-card.js';

export interface ExportRequest {
  /** Folder of a run's record. */
  readonly run: string;
  /** Folder to be made. */
  readonly out: string;
  /** Whether a model may be written that behaves otherwise there, because of its attention mask. */
  readonly allowsMaskMismatch: boolean;
}

/** @returns the folder. @throws UserError, InputError */
export async function exportRun({ run, out, allowsMaskMismatch }: ExportRequest): Promise<string> {
  requireEmpty(out);
  const { identity, provenance, result, weights } = readFinishedRunIn(resolve(run));
  const { config } = identity;
  if (config.tokenizer !== undefined) {
    throw new UserError({
      code: 'not-available',
      what: 'the run has a tokenizer of its own, or that of its weights, and only models with the embedded one are exported yet',
      where: run,
      expected: 'a run of the embedded scale',
      fix: 'ask the model with `vlm-bench generate`, `evaluate` or `serve`',
    });
  }
  const mask = lastTrainedStage(config.recipe.stages)?.attentionMask;
  if (mask === undefined) {
    throw new UserError({
      code: 'not-available',
      what: 'the run learned no texts, so that there is nothing to ask its model',
      where: run,
      fix: 'export a run with a stage of texts',
    });
  }
  if (mask !== 'causal' && !allowsMaskMismatch) {
    throw new UserError({
      code: 'not-available',
      what: `the model was trained with the mask ${mask}, which transformers cannot apply: its texts would differ there without a word`,
      where: run,
      expected: 'a run whose mask is causal',
      fix: 'export such a run, or give --allow-mask-mismatch: the model card and config.json will say that it differs',
    });
  }
  const { maximumNewTokens, strategy, beamWidth } = config.generation;
  const generation = { maximumNewTokens, ...(strategy === 'beam' ? { beamWidth } : {}) };
  const facts = { run: result.runId, code_version: identity.codeVersion, data_fingerprint: identity.dataFingerprint };
  const exported = { model: config.model, mask, generation, tensors: openWeights(weights), file: weights, facts };
  return fillFolderAtomically(dirname(resolve(out)), async (temporary) => {
    exportModel(temporary, exported, ({ hasNormLayer }) =>
      modelCard({ identity, provenance, result, mask, hasNormLayer }),
    );
    return basename(resolve(out));
  });
}

/** A folder that is replaced is gone: only one that holds nothing is. */
function requireEmpty(out: string): void {
  if (!existsSync(out)) return;
  if (statSync(out).isDirectory() && readdirSync(out).length === 0) return;
  throw new UserError({
    code: 'usage',
    what: 'there is something there already',
    where: out,
    expected: 'the name of a folder that does not exist yet, or is empty',
    fix: 'name another folder, or remove this one',
  });
}
