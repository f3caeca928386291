/**
 * A pilot: what runs on the validation split, with seeds of their own, showed before a suite was fixed. Plans take from it how much seeds
 * differ, and reports what the arms do at other learning rates. It stands in `pilots/<suite id>.yaml` beside the suite.
 */
import { z } from 'zod';
import { measureIds } from '../measures/measures.js';
import { dataSetName } from './run-config-schema.js';

/** Seeds from here on belong to pilots; no suite may use them. */
export const leastPilotSeed = 910_001;

const text = z.string().trim().min(1);
const name = z.string().regex(/^[a-z][a-z0-9-]*$/);

const recipe = z.strictObject({
  recipe: text.describe('What was tried, as a change of what the suite states.'),
  outcome: text.describe('How much seeds differed, and which part of the task was learnt; not which arm was ahead.'),
  chosen: z.boolean().describe('Whether it is the recipe of the suite; exactly one is.'),
});

const run = z.strictObject({
  rate: z.number().gt(0).describe('Multiple of the learning rates of the suite; 1 is the recipe that was chosen.'),
  arm: text,
  seed: z.int().min(leastPilotSeed),
  run: text.exactOptional().describe('Id of its record.'),
  scores: z.partialRecord(z.enum(measureIds), z.number()),
  learnt: z
    .record(text, z.number().min(0).max(1))
    .default({})
    .describe('Share that is right of each kind of question, or of captions for each attribute.'),
});

export const pilotSchema = z.strictObject({
  schemaVersion: z.literal(1),
  suite: text.describe('Id of the suite that it was run for.'),
  version: z.int().min(1).default(1).describe('Version of that suite.'),
  dataSet: dataSetName,
  split: z.literal('validation').describe('What was evaluated on; never what decides.'),
  code: text.describe('Version and commit of the package that ran it.'),
  ran: z.iso.date().describe('Day on which it was run.'),
  recipes: z.array(recipe).min(1).describe('Everything that was tried.'),
  choice: text.describe('Why the chosen recipe was taken; by power and by what is learnt alone.'),
  scaled: z.array(name).describe('The stages whose learning rates the multiples are of.'),
  runs: z.array(run).min(1),
});

export type Pilot = z.infer<typeof pilotSchema>;
