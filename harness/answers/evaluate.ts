/**
 * An evaluation from beginning to end: what a benchmark asks, what an answerer has answered already and answers now, and what that comes
 * to. Everything is kept in one folder, so that an evaluation that was stopped goes on, and one that is repeated asks nothing.
 */
import { basename, join } from 'node:path';
import type { BootstrapOptions } from '../../metrics/index.js';
import { openSource } from '../../reference-model/data/open-source.js';
import type { DataSource } from '../../reference-model/data/source.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import type { Answerer, ModelIdentity } from '../answerers/answerer.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { type EvaluationRecord, evaluationPaths, writeEvaluation } from '../records/evaluation-record.js';
import { tryLock } from '../records/lock.js';
import { asUser } from '../score/rows.js';
import type { Benchmark, BenchmarkSettings } from '../suite/benchmark/benchmark-schema.js';
import { settingsOf } from '../suite/benchmark/find-benchmark.js';
import { writeScoresFile } from '../systems/scores-document.js';
import { AnswerLogs } from './answer-log.js';
import { askAll } from './ask-all.js';
import { type Item, type Items, itemsOf, type Limit } from './items.js';
import { overlapWith, type TrainingData } from './overlap.js';
import { type ScoredEvaluation, scoreEvaluation } from './score-evaluation.js';
import {
  failureReasons,
  outcomeCounts,
  type Prices,
  type Settled,
  settledAnswers,
  usageOf,
} from './settled-answers.js';
import { writeAnswers } from './write-answers.js';

/** What an answerer that reads files must know of the items before it is asked. */
export interface EvaluationContent {
  /** Everything in the split, asked or not. */
  readonly all: readonly Item[];
  readonly data: DataSource;
  readonly benchmark: Benchmark;
  readonly settings: BenchmarkSettings;
}

export interface EvaluateOptions {
  readonly benchmark: Benchmark;
  readonly variant: string;
  readonly dataRoot?: string | undefined;
  /** Results folder, below which the evaluation has its own. */
  readonly out: string;
  /** Name of the model on pages; by default its identity's. */
  readonly label?: string | undefined;
  readonly limit?: Limit | undefined;
  readonly refresh?: boolean | undefined;
  /** Share of the items that may be without a scored answer; 0 by default. */
  readonly allowedShare?: number | undefined;
  /** How often some of the items are asked; once by default. */
  readonly times?: number | undefined;
  readonly prices?: Prices | undefined;
  /** Where the answerer does not know it: what the user says of its training data. */
  readonly trainedOn?: readonly string[] | undefined;
  readonly bootstrap?: BootstrapOptions | undefined;
  readonly stop?: AbortSignal | undefined;
  readonly onProgress?: ((settled: number, items: number) => void) | undefined;
}

export interface Evaluation {
  readonly record: EvaluationRecord;
  /** Absolute, or relative to the working directory. */
  readonly folder: string;
  readonly benchmark: Benchmark;
  readonly settled: readonly Settled[];
  /** Answers that were asked for now; the others were kept. */
  readonly asked: number;
  /** Undefined where the evaluation is incomplete, and nothing is scored. */
  readonly scored?: ScoredEvaluation;
  readonly data: DataSource;
}

/** Answers of an answerer, and what is known of the data that it was trained on. */
export interface OpenedAnswerer {
  readonly answerer: Answerer;
  readonly training?: TrainingData | undefined;
}

/** Items that are asked several times where that is wanted. */
const REPEATED_ITEMS = 32;

/**
 * @param open makes the answerer, once it is known what will be asked
 * @param then uses the evaluation while its data set is open
 * @throws UserError, InputError or MetricError; answers that were given are kept
 */
export async function evaluate<Result>(
  options: EvaluateOptions,
  open: (content: EvaluationContent) => Promise<OpenedAnswerer>,
  then: (evaluation: Evaluation) => Promise<Result>,
): Promise<Result> {
  const { benchmark, variant, dataRoot, limit } = options;
  const settings = settingsOf(benchmark, variant);
  const data = await asUser(() => openSource(settings.data.name, dataRoot === undefined ? {} : { root: dataRoot }));
  try {
    const split = data.splits.get(settings.data.split);
    if (split === undefined) throw missingSplit(settings, [...data.splits.keys()]);
    const chosen = itemsOf(split, benchmark, settings, limit);
    const { answerer, training } = await open({ all: chosen.all, data, benchmark, settings });
    try {
      const folder = folderOf(options, answerer.identity);
      return await then(
        await locked(folder, () => answerAndScore(folder, { ...options, settings, chosen, data, answerer, training })),
      );
    } finally {
      await answerer.close();
    }
  } finally {
    data.close();
  }
}

interface Prepared extends EvaluateOptions, OpenedAnswerer {
  readonly settings: BenchmarkSettings;
  readonly chosen: Items;
  readonly data: DataSource;
}

async function answerAndScore(folder: string, prepared: Prepared): Promise<Evaluation> {
  const { benchmark, settings, chosen, data, answerer, training, refresh, times = 1, stop, onProgress } = prepared;
  const { allowedShare = 0, trainedOn, prices, bootstrap, limit } = prepared;
  const label = prepared.label ?? answerer.identity.name;
  const name = `${benchmark.id}@${benchmark.version}`;
  const paths = evaluationPaths(folder);
  const logs = new AnswerLogs(paths.logs, name, answerer.identity);
  try {
    const ask = (items: readonly Item[], repetition: number) =>
      askAll(items, {
        ...{ benchmark: name, decoding: settings.decoding, answerer, logs, data, repetition },
        ...(refresh === undefined ? {} : { refresh }),
        ...(stop === undefined ? {} : { stop }),
        ...(repetition > 0 || onProgress === undefined
          ? {}
          : { onProgress: (settled) => onProgress(settled, items.length) }),
      });
    const { outcomes, asked } = await ask(chosen.items, 0);
    const settled = settledAnswers(chosen.items, outcomes, settings);
    const repeated = times < 2 ? undefined : await repeatedAnswers(settled, times, ask);
    const counts = outcomeCounts(settled);
    const answered = settled.length - counts.unscored;
    const isComplete = counts.unscored <= allowedShare * settled.length && answered > 0;
    const scored = isComplete
      ? await scoreEvaluation(settled, { benchmark, settings, label, total: chosen.all.length, bootstrap })
      : undefined;
    const { reported } = logs.current.owner;
    const known = training ?? (trainedOn === undefined ? undefined : { dataSets: trainedOn, by: 'user' as const });
    const { notComparable } = benchmark.variants[prepared.variant]!;
    const record: EvaluationRecord = {
      format: 'vlm-bench evaluation 1',
      status: isComplete ? (counts.unscored === 0 ? 'complete' : 'failures-allowed') : 'incomplete',
      benchmark: {
        id: benchmark.id,
        version: benchmark.version,
        variant: prepared.variant,
        title: benchmark.title,
        task: benchmark.task,
        prompt: settings.prompt,
        maximumTokens: settings.decoding.maximumTokens,
        cutAnswers: settings.cutAnswers,
        postProcessing: [...settings.postProcessing],
        ...(notComparable === undefined ? {} : { notComparable }),
      },
      data: { name: settings.data.name, split: settings.data.split, fingerprint: data.fingerprint },
      model: { label, ...answerer.identity, ...(reported === null ? {} : { reported }) },
      items: {
        total: chosen.all.length,
        chosen: chosen.items.length,
        ...(chosen.items.length === chosen.all.length ? {} : { limitSeed: limit!.seed }),
      },
      ...counts,
      allowedShare,
      failures: failureReasons(settled),
      scores: scored?.scores ?? [],
      ...usageOf(settled, prices),
      overlap: overlapWith(benchmark, known),
      ...(repeated === undefined ? {} : { repeated }),
      log: join('logs', basename(logs.current.file)),
    };
    await writeAnswers(paths, settled, benchmark.task, scored === undefined ? undefined : label);
    if (scored !== undefined) await writeScoresFile(paths.scores, scored.system);
    writeEvaluation(folder, record);
    return { record, folder, benchmark, settled, asked, data, ...(scored === undefined ? {} : { scored }) };
  } finally {
    logs.close();
  }
}

/** Asks some of the items again, the same ones whenever the items are the same. */
async function repeatedAnswers(
  settled: readonly Settled[],
  times: number,
  ask: (
    items: readonly Item[],
    repetition: number,
  ) => Promise<{ readonly outcomes: readonly { readonly kind: string }[] }>,
): Promise<NonNullable<EvaluationRecord['repeated']>> {
  const some = [...settled].sort((a, b) => (sha256(a.item.id) < sha256(b.item.id) ? -1 : 1)).slice(0, REPEATED_ITEMS);
  const said = (outcome: object): string =>
    'text' in outcome ? JSON.stringify(outcome.text) : String('kind' in outcome && outcome.kind);
  let same = some.map(() => true);
  for (let repetition = 1; repetition < times; repetition++) {
    const { outcomes } = await ask(
      some.map(({ item }) => item),
      repetition,
    );
    same = same.map((before, index) => before && said(outcomes[index]!) === said(some[index]!.outcome));
  }
  return { items: some.length, times, equal: same.filter(Boolean).length };
}

/** One folder for each model on each variant; a version of the model has a log of its own in it. */
function folderOf({ out, benchmark, variant }: EvaluateOptions, { kind, name }: ModelIdentity): string {
  const words = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  const id = sha256(canonicalJson([kind, name])).slice(0, 8);
  return join(out, 'evaluations', `${benchmark.id}-${variant}`, `${words === '' ? kind : words}-${id}`);
}

async function locked<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const lock = tryLock(evaluationPaths(folder).lock);
  if ('heldBy' in lock) {
    throw new UserError({
      code: 'usage',
      what: `process ${lock.heldBy.pid} is running the same evaluation`,
      where: folder,
      expected: 'one evaluation of a model on a variant at a time',
      fix: 'wait until it has ended; its answers are kept',
    });
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

function missingSplit({ data }: BenchmarkSettings, known: readonly string[]): UserError {
  return new UserError({
    code: 'data-invalid',
    what: `${data.name} has no split ${data.split} here`,
    where: data.name,
    expected: `the split ${data.split}, beside ${known.join(', ')}`,
    fix: `fetch the files of that split; \`vlm-bench data card ${data.name}\` names them`,
  });
}
