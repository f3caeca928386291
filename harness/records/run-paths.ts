/** Where the files of a run's record are: `<store>/runs/<run-id>/`. */
import { join } from 'node:path';

export interface RunPaths {
  readonly folder: string;
  readonly config: string;
  readonly provenance: string;
  readonly events: string;
  readonly checkpoints: string;
  /** The final weights where they are one file; see `weightsIn` for larger ones. */
  readonly weights: string;
  /** Of a run that trained one of its own; see `recorded-reader.ts`. */
  readonly tokenizer: string;
  /** Of a run that started from weights of the hub: how they read. */
  readonly reading: string;
  readonly predictions: string;
  readonly examples: string;
  /** Digests of all the others, written before the result. */
  readonly digests: string;
  readonly result: string;
  readonly lock: string;
  /** What the run's process printed, for diagnosis. */
  readonly log: string;
}

export function runPaths(store: string, runId: string): RunPaths {
  return runPathsIn(join(store, 'runs', runId));
}

export function runPathsIn(folder: string): RunPaths {
  const at = (name: string) => join(folder, name);
  return {
    folder,
    config: at('config.json'),
    provenance: at('provenance.json'),
    events: at('events.jsonl'),
    checkpoints: at('checkpoints'),
    weights: at('weights.safetensors'),
    tokenizer: at('tokenizer.json'),
    reading: at('reading.json'),
    predictions: at('predictions.jsonl'),
    examples: at('examples.json'),
    digests: at('digests.json'),
    result: at('result.json'),
    lock: at('lock'),
    log: at('log.txt'),
  };
}
