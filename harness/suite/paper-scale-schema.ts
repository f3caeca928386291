/**
 * The schema of a suite's paper scale: a real configuration of model, data, training and hardware. Every number in it is this project's
 * choice and says so in a note. One that states model, steps and hardware alone can be planned; one that states everything can be trained,
 * from the weights that it names.
 */
import { z } from 'zod';
import { CHECKPOINTING, TORCH_PRECISIONS } from '../../reference-model/engines/torch/settings.js';
import {
  anyDataSetName,
  evaluationSchema,
  generationSchema,
  modelSchema,
  overlaySchema,
  partSchema,
  recipeSchema,
  stageSchema,
} from './run-config-schema.js';

const text = z.string().trim().min(1);
const note = text.describe('Where the numbers come from, and that they are a choice.');
const count = z.int().min(1);
const hubName = text.describe('Name of a model on the Hugging Face hub.');

export const paperScaleSchema = z.strictObject({
  note,
  data: anyDataSetName
    .exactOptional()
    .describe('What is evaluated on, and trained on where a stage names nothing else.'),
  weights: z
    .strictObject({ vision: hubName, language: hubName })
    .exactOptional()
    .describe('What --weights must hold: DIR/vision and DIR/language.'),
  tokenizer: z.literal('pretrained').exactOptional().describe('That of the language model, with its chat template.'),
  precision: z
    .enum(TORCH_PRECISIONS)
    .exactOptional()
    .describe('Of the engine torch, unless --precision says otherwise.'),
  activationCheckpointing: z
    .enum(CHECKPOINTING)
    .exactOptional()
    .describe('Of the engine torch, unless --activation-checkpointing says otherwise.'),
  model: modelSchema,
  recipe: recipeSchema.partial().extend({
    note,
    batchSize: count.describe('Examples per optimiser step, over all devices.'),
    stages: z
      .array(
        stageSchema.partial().extend({
          name: text,
          steps: z.int().min(0),
          trainable: z.array(partSchema).min(1),
          textTokensPerExample: count.describe('Prompt and answer, without the visual tokens.'),
          answerTokensPerExample: count.describe('Those of them that are learned.'),
        }),
      )
      .min(1),
  }),
  generation: generationSchema.exactOptional(),
  evaluation: evaluationSchema.exactOptional(),
  factors: z
    .record(text, z.record(text, overlaySchema))
    .exactOptional()
    .describe(
      'What levels change at this scale, by factor and level, in place of their own overlays. Steps are taken as they stand.',
    ),
  hardware: z.strictObject({
    note,
    gpu: text,
    count,
    memoryGigabytes: z.number().gt(0).exactOptional().describe('Of one device.'),
    peakTeraflops: z.number().gt(0).describe('Of one device, dense, in the precision of the training.'),
    utilisation: z.number().gt(0).max(1).describe('Share of the peak that the training is assumed to reach.'),
    budgetHours: z.number().gt(0).describe('Wall-clock time that a whole training may take.'),
  }),
});
