/** Makes the answerer that `--model` names. What a kind needs is loaded when it is met. */
import type { EngineName } from '../../reference-model/engines/engine.js';
import type { Reading } from '../score/rows.js';
import type { Answerer } from './answerer.js';
import type { ModelSource } from './model-source.js';
import type { NamedItem } from './predictions/predictions-answerer.js';

export interface AnswererOptions {
  /** As the user calls the model. */
  readonly name?: string | undefined;
  /** As the user states it. */
  readonly version?: string | undefined;
  readonly concurrency?: number | undefined;
  /** For one answer, in seconds. */
  readonly timeLimit?: number | undefined;
  /** What computes the tensors of a run. */
  readonly engine?: EngineName | 'auto' | undefined;
  /** An endpoint's name of the model. */
  readonly model?: string | undefined;
  readonly keyVariable?: string | undefined;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  readonly reading?: Reading | undefined;
  readonly imageKey?: string | undefined;
  readonly note?: ((text: string) => void) | undefined;
}

export interface OpenedAnswerer {
  readonly answerer: Answerer;
  /** Data sets that its record says it was trained on; absent where there is no record. */
  readonly trainedOn?: readonly string[];
}

/** @param items what will be asked @throws UserError for what cannot be opened */
export async function openAnswerer(
  { kind, from }: ModelSource,
  items: readonly NamedItem[],
  options: AnswererOptions,
): Promise<OpenedAnswerer> {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  switch (kind) {
    case 'record': {
      const { recordAnswerer } = await import('./record/record-answerer.js');
      return recordAnswerer(from, given);
    }
    case 'hf': {
      const { hubAnswerer } = await import('./hugging-face/hub-answerer.js');
      return { answerer: await hubAnswerer(from, given) };
    }
    case 'http': {
      const { httpAnswerer } = await import('./http/http-answerer.js');
      return { answerer: await httpAnswerer(from, given) };
    }
    case 'command': {
      const { commandAnswerer } = await import('./command/command-answerer.js');
      return { answerer: commandAnswerer(from, given) };
    }
    case 'predictions': {
      const { predictionsAnswerer } = await import('./predictions/predictions-answerer.js');
      return { answerer: await predictionsAnswerer(from, items, given) };
    }
    default:
      return kind satisfies never;
  }
}
