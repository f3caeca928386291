/**
 * Regenerates the shipped backbones of the embedded scale. Data, initial weights and arithmetic are functions of the schedules, so
 * the `wasm` engine writes the same bytes on every machine.
 */
import { parameterArrays } from '../checkpoint/load-parameters.js';
import { writeSafetensors } from '../checkpoint/safetensors.js';
import { loadEmbeddedTokenizer } from '../data/tokenizer/load-tokenizer.js';
import { createModel, disposeModel } from '../model/model.js';
import type { Backbone } from '../weights/backbones.js';
import type { PretrainingProgress } from './optimize.js';
import { pretrainLanguage } from './pretrain-language.js';
import { pretrainVision } from './pretrain-vision.js';
import { EMBEDDED_MODEL, LANGUAGE_SCHEDULE, type PretrainingSchedule, VISION_SCHEDULE } from './schedule.js';

export interface PretrainingOptions {
  readonly vision?: PretrainingSchedule;
  readonly language?: PretrainingSchedule;
  readonly onProgress?: (backbone: Backbone, progress: PretrainingProgress) => void;
}

/** Pretrains both backbones on the current tfjs backend and returns the bytes of their safetensors files. */
export async function pretrainBackbones({
  vision = VISION_SCHEDULE,
  language = LANGUAGE_SCHEDULE,
  onProgress = () => {},
}: PretrainingOptions = {}): Promise<Readonly<Record<Backbone, Uint8Array>>> {
  return {
    vision: await pretrainBackbone('vision', vision, (progress) => onProgress('vision', progress)),
    language: await pretrainBackbone('language', language, (progress) => onProgress('language', progress)),
  };
}

async function pretrainBackbone(
  backbone: Backbone,
  schedule: PretrainingSchedule,
  onProgress: (progress: PretrainingProgress) => void,
): Promise<Uint8Array> {
  const model = createModel(EMBEDDED_MODEL, schedule.seed);
  const loss =
    backbone === 'vision'
      ? await pretrainVision(model, schedule, onProgress)
      : await pretrainLanguage(model, loadEmbeddedTokenizer(), schedule, onProgress);
  const bytes = writeSafetensors(parameterArrays(model.parameters, [backbone]), {
    format: 'vlm-bench backbone 1',
    licence: 'Apache-2.0',
    data: 'tiny-scenes pretraining stream (generated; no scene of the validation or test split)',
    objective:
      backbone === 'vision'
        ? 'shape, colour and size of the cell of each patch'
        : 'next token of captions and answers, text only',
    schedule: JSON.stringify(schedule),
    finalLoss: loss.toFixed(4),
    regenerate: 'vlm-bench pretrain --scale embedded',
  });
  disposeModel(model);
  return bytes;
}
