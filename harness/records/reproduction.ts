/**
 * `reproduction.json`: what was decided and from which runs (suite, hypotheses, run of each arm and seed). With the records of its runs it
 * suffices for the report. It is written down before anything is trained (`registration.ts`) and says what was known then.
 */
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { parseJson, readText } from '../files/read-input.js';
import { existsAnew } from '../files/seen-anew.js';
import type { TextStatistics } from '../measures/text-statistics.js';
import { verdicts } from '../statistics/verdict-rule.js';
import { pilotSchema } from '../suite/pilot-schema.js';
import { defaultDataSet, type Plan } from '../suite/plan.js';
import { anyDataSetName } from '../suite/run-config-schema.js';
import { hypothesisSchema, suiteSchema } from '../suite/schema.js';
import { type Statement, statementSchema } from './statement.js';

const fileName = 'reproduction.json';
/** 2 had no checksum. */
const schemaVersion = 3;

const runId = z.string().regex(/^[0-9a-f]{20}$/);

/** What a collection of texts is like; units and definitions are those of `TextStatisticsView` in the reports. */
const textStatisticsSchema: z.ZodType<TextStatistics> = z.strictObject({
  label: z.string(),
  texts: z.int(),
  words: z.int(),
  wordsPerText: z.number(),
  distinctWords: z.int(),
  typeTokenRatio: z.number(),
  wordEntropy: z.number(),
  bigramEntropy: z.number(),
  trigramEntropy: z.number(),
  distinctTexts: z.int(),
});

const earlierDecisionSchema = z.strictObject({
  seeds: z.int(),
  /** Seeds in all at every look that was planned; empty without a sequential rule. */
  looks: z.array(z.int()),
  /** Digests of what decided, and of what was trained. */
  hypotheses: z.string(),
  recipe: z.string(),
});

const reproductionSchema = z.strictObject({
  schemaVersion: z.literal(schemaVersion),
  suite: suiteSchema,
  /** What it is, where the suite does not say so. */
  dataSet: z.strictObject({ name: anyDataSetName, fingerprint: z.string(), description: z.string().exactOptional() }),
  scale: z.enum(['embedded', 'small', 'paper']),
  smoke: z.boolean(),
  /** The suite's hypotheses with what the data set changes of them. */
  hypotheses: z.array(hypothesisSchema),
  command: z.string(),
  arms: z.array(
    z.strictObject({
      id: z.string(),
      label: z.string(),
      description: z.string(),
      levels: z.record(z.string(), z.string()),
    }),
  ),
  runs: z.array(z.strictObject({ arm: z.string(), seed: z.int(), runId })),
  /** Stages that several runs share: trained once, each as a run without evaluation. */
  prefixes: z.array(z.strictObject({ runId, steps: z.int(), sharedBy: z.int() })),
  texts: z.array(textStatisticsSchema).exactOptional(),
  /** Of a sequential rule: seeds in all at every planned look, and the looks before this one; its α is spent over all of them. */
  looks: z
    .strictObject({
      planned: z.array(z.int()),
      taken: z.array(
        z.strictObject({
          seeds: z.int(),
          verdict: z.enum(verdicts).exactOptional(),
          /** Instead, where each claim has a verdict of its own: by the ids of the hypotheses. */
          claims: z.record(z.string(), z.enum(verdicts)).exactOptional(),
        }),
      ),
    })
    .exactOptional(),
  /** What the suite's pilot showed, as it stood beside the suite. */
  pilot: pilotSchema.exactOptional(),
  /** What it was made from; absent for a suite that no file states, and before this was recorded. */
  statement: statementSchema.exactOptional(),
  /** What the arms are trained with, whatever the seeds and the code. */
  recipe: z.string().exactOptional(),
  /** How many of the runs were finished when the hypotheses were written down here. */
  statedAfter: z.int().exactOptional(),
  /** Other decisions that were made in this folder before. */
  decidedBefore: z.array(earlierDecisionSchema).exactOptional(),
});

export type Reproduction = z.infer<typeof reproductionSchema>;
export type EarlierDecision = z.infer<typeof earlierDecisionSchema>;

/** Name of the folder beside `runs/`; variants of a suite do not overwrite each other's reports. */
export function reproductionFolder({
  suite,
  dataSet,
  scale,
  smoke,
}: Pick<Plan, 'suite' | 'dataSet' | 'smoke'> & Partial<Pick<Plan, 'scale'>>): string {
  const onData = dataSet === defaultDataSet(suite) ? '' : `-${dataSet}`;
  const variant = scale === undefined || scale === 'embedded' ? onData : `-${scale}-${dataSet}`;
  return `${suite.id}${variant}${smoke ? '-smoke' : ''}`;
}

/** What is known before anything is trained: the plan, and the record of each of its runs and shared stages, in the plan's order. */
export function reproductionOf(
  { suite, dataSet, scale, smoke, hypotheses, arms, runs, prefixes, origin }: Plan,
  recorded: {
    readonly fingerprint: string;
    readonly description?: string;
    readonly command: string;
    readonly runIds: readonly string[];
    readonly prefixIds: readonly string[];
    readonly texts?: Reproduction['texts'];
    readonly looks?: Reproduction['looks'];
    readonly statement?: Statement;
  },
): Reproduction {
  const pilot = origin?.pilot?.content;
  return {
    schemaVersion,
    suite,
    dataSet: {
      name: dataSet,
      fingerprint: recorded.fingerprint,
      ...(recorded.description === undefined ? {} : { description: recorded.description }),
    },
    scale,
    smoke,
    hypotheses: [...hypotheses],
    command: recorded.command,
    arms: arms.map((arm) => ({ ...arm })),
    runs: runs.map(({ arm, seed }, index) => ({ arm, seed, runId: recorded.runIds[index]! })),
    prefixes: prefixes.map(({ steps, sharedBy }, index) => ({ runId: recorded.prefixIds[index]!, steps, sharedBy })),
    ...(recorded.texts === undefined ? {} : { texts: recorded.texts }),
    ...(recorded.looks === undefined ? {} : { looks: recorded.looks }),
    ...(pilot?.dataSet === dataSet && scale === 'embedded' ? { pilot } : {}),
    ...(recorded.statement === undefined ? {} : { statement: recorded.statement }),
    recipe: recipeDigest(runs),
  };
}

/** Over the configurations of the first seed, which the others share. */
function recipeDigest(runs: Plan['runs']): string {
  const [first] = runs;
  const arms = runs.filter(({ seed }) => seed === first?.seed);
  return sha256(canonicalJson(arms.map(({ arm, config: { seed: _, ...config } }) => ({ arm, config }))));
}

export function writeReproduction(folder: string, reproduction: Reproduction): void {
  writeFileAtomically(join(folder, fileName), reproductionText(reproduction));
}

/** The content of `reproduction.json`: a checksum, which finds damage and not forgery, follows what was decided on. */
export function reproductionText(reproduction: Reproduction): string {
  return `${JSON.stringify({ ...reproduction, checksum: sha256(canonicalJson(reproduction)) }, null, 2)}\n`;
}

/** @throws UserError `record-missing` or `record-corrupt` */
export function readReproduction(folder: string): Reproduction {
  const file = join(folder, fileName);
  const isThere = existsAnew(file);
  let text: string;
  try {
    text = readText(file);
  } catch (cause) {
    if (isThere) throw unusable(file, 'record-corrupt', 'the file is damaged', cause);
    throw unusable(file, 'record-missing', 'there is no reproduction here', cause);
  }
  return parseReproduction(text, file);
}

/** @throws UserError `record-corrupt` naming the file */
export function parseReproduction(text: string, file: string): Reproduction {
  let content: unknown;
  try {
    content = parseJson(text, file);
  } catch (cause) {
    throw unusable(file, 'record-corrupt', 'the file is damaged', cause);
  }
  const { checksum, ...stated } = Object(content) as Readonly<Record<string, unknown>>;
  const version = stated.schemaVersion;
  if (typeof version === 'number' && !readable.includes(version)) throw ofOtherVersion(file, version);
  const parsed = reproductionSchema.safeParse({ ...stated, schemaVersion });
  if (parsed.success && (version === 2 || checksum === sha256(canonicalJson(stated)))) return parsed.data;
  throw unusable(file, 'record-corrupt', 'the file is damaged', parsed.error);
}

/** Those of earlier versions hold the same but for the checksum. */
const readable: readonly unknown[] = [2, schemaVersion];

function ofOtherVersion(file: string, version: number): UserError {
  const what = `the file is of another version of vlm-bench (schema ${version})`;
  const fix =
    version > schemaVersion
      ? 'use that version or a newer one; to begin anew without its history, move the file away'
      : 'run the command that writes it again, in another folder';
  return new UserError({ code: 'record-corrupt', what, where: file, fix });
}

function unusable(file: string, code: 'record-missing' | 'record-corrupt', what: string, cause: unknown): UserError {
  const fix =
    code === 'record-missing'
      ? 'run the command that writes it again'
      : 'restore the file, or move it away and run the command that writes it again; what was decided here before is then not known';
  return new UserError({ code, what, where: file, fix }, { cause });
}

/** What is written down before its runs are finished; `registration.ts` gives it its name. */
const plannedName = /^planned-[0-9a-f]{12}\.json$/;

/** Plans in a folder whose runs were not all finished yet, in the order of their names. */
export function plannedFiles(folder: string): readonly string[] {
  if (!existsAnew(folder) || !statSync(folder).isDirectory()) return [];
  return readdirSync(folder)
    .filter((name) => plannedName.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** Whether all runs of a reproduction in this folder had been finished. */
export function isComplete(folder: string): boolean {
  return existsAnew(join(folder, fileName));
}

/**
 * The reproduction folders that `records` mean: each is one, or a store that holds some. One that was interrupted counts as well.
 * @throws UserError `record-missing` when there is none
 */
export function findReproductions(records: readonly string[]): readonly string[] {
  const isReproduction = (folder: string) => isComplete(folder) || plannedFiles(folder).length > 0;
  return records.flatMap((path) => {
    if (isReproduction(path)) return [path];
    const inside = existsAnew(path) && statSync(path).isDirectory() ? readdirSync(path).sort() : [];
    const found = inside.map((name) => join(path, name)).filter(isReproduction);
    if (found.length > 0) return found;
    throw new UserError({
      code: 'record-missing',
      what: 'there are no records of a reproduction here',
      where: path,
      expected: 'a results folder, or one of the folders in it that hold reproduction.json',
      fix: 'name the --out folder of an earlier `vlm-bench reproduce`',
    });
  });
}

/** The store that a reproduction folder stands in. */
export function storeOf(folder: string): string {
  return dirname(folder);
}
