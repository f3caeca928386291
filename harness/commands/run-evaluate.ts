/** What `vlm-bench evaluate` does, from options to files and the exit code. */
import { basename } from 'node:path';
import type { EngineName } from '../../reference-model/engines/engine.js';
import type { ModelSource } from '../answerers/model-source.js';
import type { AnswererOptions } from '../answerers/open-answerer.js';
import { openAnswerer } from '../answerers/open-answerer.js';
import type { NamedItem } from '../answerers/predictions/predictions-answerer.js';
import { type Evaluation, type EvaluationContent, evaluate } from '../answers/evaluate.js';
import { UserError } from '../errors.js';
import { interruptedExitCode, type StopSignal, withInterruption } from '../execution/interruption.js';
import { logText, printJson, printNote, printText } from '../log-text.js';
import { evaluationPaths } from '../records/evaluation-record.js';
import { writeEvaluationPage } from '../report/evaluation/write-evaluation-page.js';
import type { ReadingOptions } from '../score/rows.js';
import { readBenchmark } from '../suite/benchmark/find-benchmark.js';
import { dataProgress } from './data-progress.js';
import { evaluationText } from './evaluation-text.js';

export interface EvaluateCommandOptions extends ReadingOptions {
  readonly model: ModelSource;
  readonly variant: string;
  readonly dataRoot?: string;
  readonly out: string;
  readonly label?: string;
  readonly modelVersion?: string;
  readonly trainedOn?: readonly string[];
  readonly limit?: number;
  readonly limitSeed: number;
  readonly refresh?: true;
  readonly repeat?: number;
  readonly allowFailures: number;
  readonly concurrency?: number;
  readonly timeLimit?: number;
  readonly prices?: { readonly prompt: number; readonly completion: number };
  readonly imageKey?: string;
  readonly engine: EngineName | 'auto';
  readonly modelName?: string;
  readonly apiKeyEnv?: string;
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly resamples: number;
  readonly bootstrapSeed: number;
  readonly json?: true;
}

/** @returns the exit code: 0, or 1 where answers are missing @throws UserError or MetricError */
export async function runEvaluate(fileOrId: string, options: EvaluateCommandOptions): Promise<number> {
  const { model, limit, limitSeed, repeat, trainedOn, resamples, bootstrapSeed, json } = options;
  const benchmark = readBenchmark(fileOrId);
  const progress = dataProgress('answers');
  return withInterruption(async ({ stop }) => {
    try {
      return await evaluate(
        {
          benchmark,
          variant: options.variant,
          dataRoot: options.dataRoot,
          out: options.out,
          label: options.label,
          limit: limit === undefined ? undefined : { items: limit, seed: limitSeed },
          refresh: options.refresh,
          allowedShare: options.allowFailures,
          times: repeat,
          prices: options.prices,
          trainedOn: trainedOn?.filter((name) => name !== 'none'),
          bootstrap: resamples === 0 ? undefined : { resamples, seed: bootstrapSeed, method: 'bca' },
          stop,
          onProgress: progress,
        },
        async (content) => {
          const { answerer, trainedOn: recorded } = await openAnswerer(
            model,
            namedItems(content),
            answererOptions(options),
          );
          return { answerer, training: recorded && { dataSets: recorded, by: 'record' } };
        },
        async (evaluation) => {
          const page = await writeEvaluationPage(evaluation);
          if (json === true) printJson({ ...evaluation.record, asked: evaluation.asked, folder: evaluation.folder });
          else printText(evaluationText(evaluation.record, evaluation.asked));
          tellNotes(evaluation);
          printNote(page);
          return evaluation.record.status === 'incomplete' ? 1 : 0;
        },
      );
    } catch (error) {
      if (!stop.aborted) throw error;
      const signal = stop.reason as StopSignal;
      throw new UserError(
        {
          code: 'run-interrupted',
          what: `stopped by ${signal}`,
          fix: 'run the same command again: the answers are kept, and it goes on where it stopped',
        },
        { exitCode: interruptedExitCode[signal] },
      );
    }
  });
}

function answererOptions(options: EvaluateCommandOptions): AnswererOptions {
  const { label, modelVersion, concurrency, timeLimit, imageKey, encoding, format } = options;
  const { engine, modelName, apiKeyEnv, requestsPerMinute, tokensPerMinute } = options;
  return {
    name: label,
    version: modelVersion,
    concurrency,
    timeLimit,
    imageKey,
    engine,
    model: modelName,
    keyVariable: apiKeyEnv,
    requestsPerMinute,
    tokensPerMinute,
    reading: { encoding, format },
    note: (text) => printNote(`note: ${text}`),
  };
}

/** With the names that files of predictions may use. */
function namedItems({ all, data }: EvaluationContent): readonly NamedItem[] {
  return all.map(({ id, imageId, references, question }) => ({
    id,
    image: { image_id: imageId, file_name: basename(data.placeOf(imageId)) },
    ...(question === undefined ? {} : { question: { id, words: question.question, answers: references } }),
  }));
}

function tellNotes({ record, scored, folder }: Evaluation): void {
  for (const note of scored?.notes ?? []) printNote(`note: ${note}`);
  if (record.status === 'complete') return;
  for (const { reason, times } of record.failures) printNote(`failed ${times} times: ${logText(reason, 300)}`);
  const { unscored, items } = record;
  printNote(
    record.status === 'incomplete'
      ? `incomplete: ${unscored} of ${items.chosen} have no answer that is scored; run the same command again, or add --allow-failures SHARE; what was answered lies in ${evaluationPaths(folder).answers}`
      : `${unscored} of ${items.chosen} have no answer that is scored; as allowed, the others are scored alone`,
  );
}
