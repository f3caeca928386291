/**
 * The schema of a suite's paper scale: a real configuration of model, training and hardware, from which cost is computed. It is
 * planned and not trained; every number in it is this project's choice and says so in a note.
 */
import { z } from 'zod';
import { modelSchema, partSchema } from './run-config-schema.js';

const text = z.string().trim().min(1);
const note = text.describe('Where the numbers come from, and that they are a choice.');
const count = z.int().min(1);

export const paperScaleSchema = z.strictObject({
  note,
  model: modelSchema,
  recipe: z.strictObject({
    note,
    batchSize: count.describe('Examples per optimiser step, over all devices.'),
    stages: z
      .array(
        z.strictObject({
          name: text,
          steps: z.int().min(0),
          trainable: z.array(partSchema).min(1),
          textTokensPerExample: count.describe('Prompt and answer, without the visual tokens.'),
          answerTokensPerExample: count.describe('Those of them that are learned.'),
        }),
      )
      .min(1),
  }),
  hardware: z.strictObject({
    note,
    gpu: text,
    count,
    peakTeraflops: z.number().gt(0).describe('Of one device, dense, in the precision of the training.'),
    utilisation: z.number().gt(0).max(1).describe('Share of the peak that the training is assumed to reach.'),
    budgetHours: z.number().gt(0).describe('Wall-clock time that a whole training may take.'),
  }),
});
