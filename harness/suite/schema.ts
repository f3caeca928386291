/**
 * The schema of `suites/*.yaml`: what a paper claims, how it is tested, and with which settings.
 * The hypothesis and the seeds stand in the file, so they are fixed before anything is trained.
 */
import { z } from 'zod';
import { measureIds } from '../run/measures.js';
import { dataSetName, overlaySchema, scaleSchema } from './run-config-schema.js';

const text = z.string().trim().min(1);
const identifier = z.string().regex(/^[a-z][a-z0-9-]*$/);

/** The claim as it is decided. */
export const hypothesisSchema = z.strictObject({
  statement: text,
  metric: z.enum(measureIds),
  direction: z.enum(['greater', 'less']),
  /** Smallest mean difference, in the metric's unit, that is worth the claim. */
  margin: z.number().min(0),
  alpha: z.number().gt(0).lt(0.5),
  treatment: identifier,
  control: identifier,
});

const arm = z.strictObject({ label: text, description: text, overlay: overlaySchema });

const dataSet = z.strictObject({
  description: text,
  /** Where this data set is judged by another metric than the suite's own. */
  hypothesis: hypothesisSchema.pick({ metric: true, margin: true, statement: true }).partial().optional(),
  overlay: overlaySchema.optional(),
});

/** A configuration that is planned and cannot be run yet; it is shown, labelled as our choice. */
const plannedScale = z.strictObject({
  status: z.literal('planned'),
  note: text,
  vision: text,
  connector: text,
  language: text,
});

export const suiteSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    id: identifier,
    title: text,
    claim: text,
    source: z.strictObject({ citation: text, url: z.url() }),
    hypothesis: hypothesisSchema,
    arms: z.record(identifier, arm),
    seeds: z.array(z.int().min(0)).min(6),
    scales: z.strictObject({ embedded: scaleSchema, paper: plannedScale }),
    data: z.partialRecord(dataSetName, dataSet),
    /** Laid over everything else by `--smoke`. */
    smoke: z.strictObject({ seeds: z.int().min(2), overlay: overlaySchema }),
    caveats: z.array(text),
  })
  .superRefine((suite, context) => {
    const report = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const arms = Object.keys(suite.arms);
    for (const role of ['treatment', 'control'] as const) {
      if (!arms.includes(suite.hypothesis[role])) {
        report(['hypothesis', role], `must name one of the arms (${arms.join(', ')})`);
      }
    }
    if (suite.hypothesis.treatment === suite.hypothesis.control) {
      report(['hypothesis', 'control'], 'must differ from the treatment');
    }
    suite.seeds.forEach((seed, index) => {
      if (suite.seeds.indexOf(seed) !== index) report(['seeds', index], `repeats the seed ${seed}`);
    });
    if (suite.smoke.seeds > suite.seeds.length) report(['smoke', 'seeds'], 'must not exceed the number of seeds');
    const stages = suite.scales.embedded.recipe.stages.map(({ name }) => name);
    const overlays = [
      ...arms.map((id) => ({ at: ['arms', id, 'overlay'], overlay: suite.arms[id]?.overlay })),
      ...Object.entries(suite.data).map(([id, data]) => ({ at: ['data', id, 'overlay'], overlay: data?.overlay })),
      { at: ['smoke', 'overlay'], overlay: suite.smoke.overlay },
    ];
    for (const { at, overlay } of overlays) {
      for (const name of Object.keys(overlay?.recipe?.stages ?? {})) {
        if (!stages.includes(name)) {
          report([...at, 'recipe', 'stages', name], `must name one of the stages (${stages.join(', ')})`);
        }
      }
    }
  });

export type Suite = z.infer<typeof suiteSchema>;
export type DataSetName = z.infer<typeof dataSetName>;
export type Hypothesis = z.infer<typeof hypothesisSchema>;
