/**
 * The fields of suites: what a paper claims (or, for a benchmark, what is to be measured), how it is tested, and with which settings.
 * Hypotheses and seeds stand in the file, so they are fixed before anything is trained. `schema.ts` adds the rules between fields.
 */
import { z } from 'zod';
import { measureIds } from '../measures/measures.js';
import { paperScaleSchema } from './paper-scale-schema.js';
import { dataSetName, overlaySchema, scaleSchema, smallScaleSchema } from './run-config-schema.js';

const text = z.string().trim().min(1);
const identifier = z.string().regex(/^[a-z][a-z0-9-]*$/);
/** With the number of an earlier version behind it, if it is one. */
const suiteId = z.string().regex(/^[a-z][a-z0-9-]*(?:@[1-9]\d*)?$/);
const armId = text.describe(
  'An arm: the ids of its levels, one of each factor in the order of the file, joined by ".". With one factor: the id of the level.',
);

const stated = {
  id: identifier,
  statement: text.describe('What is expected, in one sentence that a reader can quote.'),
  metric: z.enum(measureIds).describe('The measure that decides.'),
  direction: z.enum(['greater', 'less']).describe('Which sign of the effect the claim is about.'),
  margin: z.number().min(0).describe("Smallest mean effect, in the metric's unit, that is worth the claim."),
  alpha: z.number().gt(0).lt(0.5).describe('Two-sided significance level; Holm divides it over several hypotheses.'),
  pilot: z
    .strictObject({
      standardDeviation: z.number().gt(0).describe("Of the effects of single seeds, in the metric's unit."),
      source: text.describe('Where it was seen; say what was different there.'),
    })
    .exactOptional()
    .describe(
      'How much seeds were seen to differ beforehand; plans tell from it which effects can be found. A pilot file beside the suite goes before it.',
    ),
};

/** One primary claim, as it is decided. */
export const hypothesisSchema = z.discriminatedUnion('test', [
  z
    .strictObject({ ...stated, test: z.literal('paired'), treatment: armId, control: armId })
    .describe('Two arms, compared seed by seed.'),
  z
    .strictObject({
      ...stated,
      test: z.literal('trend'),
      factor: identifier.describe('A factor whose levels all have a value.'),
      within: z
        .record(identifier, identifier)
        .exactOptional()
        .describe('The level of every other factor at which the trend is looked at.'),
    })
    .describe("What each seed's least-squares line gains from the least to the greatest value of a factor."),
]);

const level = z.strictObject({
  label: text,
  description: text,
  value: z.number().exactOptional().describe('Dose of the level, for trends and response curves; all levels or none.'),
  overlay: overlaySchema.default({}).describe('What this level changes of the scale.'),
});

const factor = z.strictObject({
  label: text,
  levels: z
    .record(identifier, level)
    .refine((levels) => Object.keys(levels).length > 0, 'must have at least one level'),
});

const changedHypotheses = z.record(
  identifier,
  z.strictObject({ metric: stated.metric, margin: stated.margin, statement: stated.statement }).partial(),
);

const dataSet = z.strictObject({
  description: text,
  hypotheses: changedHypotheses
    .exactOptional()
    .describe('Where this data set is judged otherwise: changes of the hypotheses, by their ids.'),
  overlay: overlaySchema.exactOptional(),
});

const ofPhotographs = {
  scope: text.exactOptional().describe('What stands for the scope of the suite at this scale.'),
  hypotheses: changedHypotheses
    .exactOptional()
    .describe('Where photographs are judged otherwise: changes of the hypotheses, by their ids.'),
};
const smallScale = smallScaleSchema
  .extend(ofPhotographs)
  .describe('Photographs on disk, of any data set that --data names: hours on a laptop, minutes on a GPU.');

/** A suite whose `extends` has been resolved, field by field. */
export const suiteFields = z.strictObject({
  schemaVersion: z.literal(2),
  extends: text
    .exactOptional()
    .describe(
      'A suite of the package by its id, or a file relative to this one. Its maps are merged with those here, its lists and values replaced; a key with the value null is removed.',
    )
    .meta({ examples: ['base', 'finding-3', '../my-suite.yaml'] }),
  id: suiteId.describe('Names the folder of the results; `finding-1@1` is the first version of `finding-1`.'),
  version: z
    .int()
    .min(1)
    .exactOptional()
    .describe(
      'Raised whenever what is trained or what decides changes; 1 where it is not stated. From 2 on a verdict needs a pilot, and suite and pilot committed before the runs.',
    ),
  title: text,
  claim: text.exactOptional().describe("The claim in the source's own words; required where there are hypotheses."),
  source: z.strictObject({ citation: text, url: z.url() }).exactOptional().describe('Who claims it.'),
  scope: text
    .exactOptional()
    .describe(
      'One sentence that must stand wherever the verdict is quoted: with which model and images it was tested, and what was held fixed.',
    )
    .meta({
      examples: [
        'Tested with a model of a million parameters on drawings, not with the 7 billion of the paper on photographs.',
      ],
    }),
  hypotheses: z
    .array(hypothesisSchema)
    .default([])
    .describe('The primary claims, corrected for being several by Holm; none makes the suite a benchmark.'),
  combine: z
    .enum(['all', 'separate'])
    .exactOptional()
    .describe(
      'all (the default): the claims are one finding with one verdict. separate: each claim has a verdict of its own, and there is none of them together. Holm corrects either way.',
    ),
  factors: z
    .record(identifier, factor)
    .refine((factors) => Object.keys(factors).length > 0, 'must have at least one factor')
    .describe('What is varied. The arms are all combinations of levels.'),
  seeds: z
    .array(z.int().min(0))
    .min(1)
    .describe('Fixed beforehand; arms of one seed share initial weights and data order. At least 6 to test hypotheses.')
    .meta({ examples: [[1, 2, 3, 4, 5, 6]] }),
  looks: z
    .array(z.int().min(2))
    .exactOptional()
    .describe(
      'Numbers of seeds after which it is decided early whether to go on, ascending; α is spent over them and the full number of seeds.',
    )
    .meta({ examples: [[6]] }),
  reserveSeeds: z.array(z.int().min(0)).default([]).describe('Seeds that --until-decided may add, in this order.'),
  scales: z.strictObject({
    embedded: scaleSchema,
    small: smallScale.exactOptional(),
    paper: paperScaleSchema.extend(ofPhotographs).exactOptional(),
  }),
  data: z
    .partialRecord(dataSetName, dataSet)
    .refine((data) => Object.keys(data).length > 0, 'must have at least one data set')
    .describe('What can be evaluated on; the first is the default.'),
  compareTexts: z.boolean().exactOptional().describe('Report what the captions of each kind are like as texts.'),
  published: z
    .array(identifier)
    .exactOptional()
    .describe('Tables of suites/published.yaml to show beside the results.'),
  smoke: z
    .strictObject({
      seeds: z.int().min(1),
      stepShare: z
        .number()
        .gt(0)
        .max(1)
        .exactOptional()
        .describe('Share of the steps of each stage, rounded up, so that arms that differ in steps still do.'),
      overlay: overlaySchema.default({}),
    })
    .describe('Laid over everything else by --smoke.'),
  caveats: z.array(text).default([]).describe('What a careful reader should weigh before quoting the verdict.'),
});

export type Suite = z.infer<typeof suiteFields>;
export type DataSetName = z.infer<typeof dataSetName>;
export type Hypothesis = z.infer<typeof hypothesisSchema>;
export type Factors = Suite['factors'];
