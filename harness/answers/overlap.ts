/** Whether a model is known to have been trained on data that shares images with a benchmark. Nobody's silence counts as a no. */
import type { EvaluationRecord } from '../records/evaluation-record.js';
import type { Benchmark } from '../suite/benchmark/benchmark-schema.js';

/** What is known of a model's training data. */
export interface TrainingData {
  /** Data sets, by their names. */
  readonly dataSets: readonly string[];
  /** Who says so: the record of a run, or the user. */
  readonly by: 'record' | 'user';
}

export function overlapWith(
  { overlaps, id }: Pick<Benchmark, 'overlaps' | 'id'>,
  training: TrainingData | undefined,
): EvaluationRecord['overlap'] {
  if (training === undefined) {
    return {
      known: 'unknown',
      why: 'nothing is said of the data that the model was trained on (--trained-on says it)',
    };
  }
  const { dataSets, by } = training;
  const whose = by === 'record' ? 'by its record' : 'as stated with --trained-on';
  const found = overlaps.filter(({ dataSet }) => dataSets.includes(dataSet));
  if (found.length === 0) {
    const trained = dataSets.length === 0 ? 'on no data set that shares images with it' : `on ${dataSets.join(', ')}`;
    return { known: 'no', why: `trained ${trained}, ${whose}; none of these is known to share images with ${id}` };
  }
  return {
    known: 'yes',
    why: `trained on ${found.map(({ dataSet }) => dataSet).join(', ')}, ${whose}: ${found.map(({ why }) => why).join('; ')}`,
  };
}
