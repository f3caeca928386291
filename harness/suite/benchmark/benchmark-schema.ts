/**
 * A benchmark: what any model is asked, how its answers are processed and scored, and in which named variants. Everything that changes
 * a score stands in the file and enters its signature. The default variant is ours; the others equal the settings that peers report with.
 */
import { z } from 'zod';
import { ANSWER_MATCHES, CAPTION_METRICS } from '../../../metrics/index.js';
import { DATA_SET_NAMES } from '../../../reference-model/data/registry.js';

const text = z.string().trim().min(1);
const identifier = z.string().regex(/^[a-z][a-z0-9-]*$/);
const source = z.strictObject({ citation: text, url: z.url() });

/** What is done to an answer before it is scored, in this order. */
const POST_PROCESSING = ['trim', 'first-line', 'collapse-white-space'] as const;

/** The part of a benchmark that variants change. */
const settings = {
  data: z
    .strictObject({
      name: z.enum(DATA_SET_NAMES).describe('A data set of `vlm-bench data list`.'),
      split: text.describe('The split that is asked about.'),
      captionStyle: z
        .enum(['human', 'ai'])
        .exactOptional()
        .describe('Which captions are the references; human where it is not stated.'),
    })
    .describe('The images, with their questions or reference captions.'),
  prompt: z
    .string()
    .min(1)
    .describe(
      'What the model is asked about each image, letter by letter, white space included; {question} stands for the question.',
    ),
  decoding: z.strictObject({
    strategy: z.literal('greedy'),
    maximumTokens: z.int().min(1).max(65_536).describe('Of an answer, its end included.'),
  }),
  cutAnswers: z
    .enum(['failure', 'scored'])
    .describe(
      'What an answer is that was cut at the maximum number of tokens: not scored as text, or scored as it is because those compared with do so.',
    ),
  postProcessing: z.array(z.enum(POST_PROCESSING)).describe('What is done to an answer before it is scored.'),
  metrics: z
    .array(z.enum([...CAPTION_METRICS, 'accuracy', 'VQA-accuracy', 'token-overlap']))
    .min(1)
    .describe('Captions: metrics of captions. Questions: accuracy (one right answer) or VQA-accuracy (ten answers).'),
  answerMatch: z
    .enum(ANSWER_MATCHES)
    .exactOptional()
    .describe('When an answer is right; the whole answer where it is not stated.'),
};

const variant = z.strictObject({
  description: text,
  source: source.exactOptional().describe('Where the settings are taken from: the file, at a commit.'),
  notComparable: text
    .exactOptional()
    .describe('Why a score of this variant is not comparable with the numbers of its source, where it is not.'),
  data: settings.data.exactOptional(),
  prompt: settings.prompt.exactOptional(),
  decoding: settings.decoding.exactOptional(),
  cutAnswers: settings.cutAnswers.exactOptional(),
  postProcessing: settings.postProcessing.exactOptional(),
  metrics: settings.metrics.exactOptional(),
  answerMatch: settings.answerMatch,
});

export const benchmarkFields = z.strictObject({
  schemaVersion: z.literal(2),
  kind: z.literal('benchmark'),
  id: identifier,
  version: z.int().min(1).describe('Raised whenever anything that changes a score changes.'),
  title: text,
  source: source.exactOptional(),
  task: z.enum(['captions', 'questions']),
  ...settings,
  variants: z
    .record(identifier, variant)
    .describe('Named settings; what one leaves out is as above. `default` must be among them.'),
  published: z
    .strictObject({ table: identifier, columns: z.array(text).min(1) })
    .exactOptional()
    .describe('Numbers of suites/published.yaml of the same benchmark, shown beside a score.'),
  overlaps: z
    .array(z.strictObject({ dataSet: identifier, why: text }))
    .default([])
    .describe('Data sets that share images with this benchmark: a model trained on one of them may have seen it.'),
  caveats: z.array(text).default([]),
});

export type Benchmark = z.infer<typeof benchmarkFields>;

/** Settings of one variant, complete. */
export type BenchmarkSettings = Pick<
  Benchmark,
  'data' | 'prompt' | 'decoding' | 'cutAnswers' | 'postProcessing' | 'metrics' | 'answerMatch'
>;

export const benchmarkSchema = benchmarkFields.superRefine((benchmark, context) => {
  const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (!Object.hasOwn(benchmark.variants, 'default')) refuse(['variants'], 'must have a variant `default`');
  for (const [path, stated] of [
    [[], benchmark] as const,
    ...Object.entries(benchmark.variants).map(([name, one]) => [['variants', name], one] as const),
  ]) {
    const questions = benchmark.task === 'questions';
    if (stated.prompt !== undefined && stated.prompt.includes('{question}') !== questions) {
      refuse([...path, 'prompt'], questions ? 'must hold {question}' : 'must not hold {question}: nothing is asked');
    }
    stated.metrics?.forEach((metric, index) => {
      const isOfCaptions = (CAPTION_METRICS as readonly string[]).includes(metric);
      if (isOfCaptions === questions) refuse([...path, 'metrics', index], `is no metric of ${benchmark.task}`);
    });
    const metrics = stated.metrics ?? [];
    if (metrics.includes('VQA-accuracy') && metrics.length > 1) {
      refuse([...path, 'metrics'], 'must name VQA-accuracy alone, which takes several answers of each question');
    }
  }
});
