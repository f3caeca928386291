/** Reads a `comparison.json` back, checked field by field, so that its page can be rendered again. */
import { z } from 'zod';
import { COMPARISON_FORMAT, type ComparisonView } from '../../reports/comparison/comparison-view.js';
import { UserError } from '../errors.js';
import { readJson } from '../files/read-input.js';

const count = z.int().min(0);
const ratio = z.number().min(0).max(1);

const systemSchema = z.strictObject({
  id: z.string().regex(/^s\d+$/),
  label: z.string(),
  kind: z.enum(['records', 'predictions', 'scores']),
  records: z.int().min(1),
  seeds: z.array(z.int()),
  sources: z.array(z.string()),
  runIds: z.array(z.string()),
  commit: z.string().exactOptional(),
});

const pairSchema = z.strictObject({
  first: z.string(),
  second: z.string(),
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  p: ratio,
  adjustedP: ratio,
  significant: z.boolean(),
  unit: z.enum(['images', 'images and paired seeds', 'images and seeds']),
  wins: count,
  ties: count,
  losses: count,
});

const breakdownSchema = z.strictObject({
  by: z.enum(['caption length', 'question kind', 'question type']),
  note: z.string(),
  parts: z.array(
    z.strictObject({
      label: z.string(),
      images: count,
      questions: count.exactOptional(),
      cells: z.array(
        z.strictObject({
          score: z.number(),
          difference: z
            .strictObject({ value: z.number(), low: z.number().exactOptional(), high: z.number().exactOptional() })
            .exactOptional(),
        }),
      ),
    }),
  ),
});

const metricSchema = z.strictObject({
  name: z.string(),
  label: z.string().exactOptional(),
  signature: z.string(),
  higherIsBetter: z.boolean(),
  images: count,
  ranking: z.array(
    z.strictObject({
      system: z.string(),
      score: z.number(),
      interval: z.strictObject({ low: z.number(), high: z.number() }).exactOptional(),
      recordScores: z.array(z.number()),
      letters: z.string().regex(/^[a-z]*$/),
    }),
  ),
  pairs: z.array(pairSchema),
  tieGroups: z.array(z.array(z.string())),
  breakdowns: z.array(breakdownSchema),
});

const movedImage = z.strictObject({
  imageId: z.string(),
  picture: z.string(),
  before: z.number(),
  after: z.number(),
  texts: z.array(
    z.strictObject({
      prompt: z.string(),
      references: z.array(z.string()),
      before: z.array(z.string()),
      after: z.array(z.string()),
    }),
  ),
});

const publishedSchema = z.strictObject({
  title: z.string(),
  metric: z.string(),
  note: z.string(),
  columns: z.array(z.string()),
  rows: z.array(
    z.strictObject({
      model: z.string(),
      setting: z.string(),
      values: z.record(z.string(), z.string()),
      source: z.strictObject({ citation: z.string(), url: z.string() }),
      caveat: z.string().exactOptional(),
    }),
  ),
});

const comparisonSchema: z.ZodType<ComparisonView> = z
  .strictObject({
    format: z.literal(COMPARISON_FORMAT),
    systems: z.array(systemSchema).min(1),
    metrics: z.array(metricSchema).min(1),
    leftOut: z.array(z.strictObject({ metric: z.string(), systems: z.array(z.string()) })),
    imageScores: z.strictObject({ imageIds: z.array(z.string()), scores: z.array(z.array(z.number())) }),
    movers: z.array(
      z.strictObject({
        system: z.string(),
        against: z.string(),
        gains: z.array(movedImage),
        losses: z.array(movedImage),
      }),
    ),
    published: z.array(publishedSchema),
    statistics: z.strictObject({
      alpha: ratio,
      level: ratio,
      resamples: count,
      seed: z.int(),
      notes: z.array(z.strictObject({ name: z.string(), sentence: z.string() })),
    }),
  })
  .superRefine(({ systems, metrics, imageScores, movers }, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const known = new Set(systems.map(({ id }) => id));
    const references = [
      ...metrics.flatMap(({ ranking, pairs }) => [
        ...ranking.map(({ system }) => system),
        ...pairs.flatMap(({ first, second }) => [first, second]),
      ]),
      ...movers.flatMap(({ system, against }) => [system, against]),
    ];
    const unknown = references.find((id) => !known.has(id));
    if (unknown !== undefined) refuse([], `names a system ${JSON.stringify(unknown)} that it does not hold`);
    const { imageIds, scores } = imageScores;
    if (scores.length !== systems.length || scores.some(({ length }) => length !== imageIds.length)) {
      refuse(['imageScores'], 'must hold one score per image and system');
    }
    if (
      metrics.some(({ breakdowns }) =>
        breakdowns.some(({ parts }) => parts.some(({ cells }) => cells.length !== systems.length)),
      )
    ) {
      refuse(['metrics'], 'must hold one cell per part and system');
    }
  });

/** @throws UserError `data-invalid` for a file that is no comparison of this version */
export function readComparison(file: string): ComparisonView {
  const refuse = (what: string, where = file) =>
    new UserError({
      code: 'data-invalid',
      what,
      where,
      expected: `${JSON.stringify(COMPARISON_FORMAT)} as \`vlm-bench compare\` writes it`,
      fix: 'run `vlm-bench compare` again',
    });
  let document: unknown;
  try {
    document = readJson(file);
  } catch (error) {
    throw refuse(`the comparison cannot be read: ${(error as Error).message}`);
  }
  const parsed = comparisonSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(issue!.message, issue!.path.length === 0 ? file : `${file}, ${issue!.path.join('.')}`);
}
