/** Makes the answerer that `--model` names. What a kind needs is loaded when it is met. */
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
  readonly reading?: Reading | undefined;
  readonly imageKey?: string | undefined;
  readonly note?: ((text: string) => void) | undefined;
}

/** @param items what will be asked @throws UserError for what cannot be opened */
export async function openAnswerer(
  { kind, from }: ModelSource,
  items: readonly NamedItem[],
  options: AnswererOptions,
): Promise<Answerer> {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  switch (kind) {
    case 'command': {
      const { commandAnswerer } = await import('./command/command-answerer.js');
      return commandAnswerer(from, given);
    }
    case 'predictions': {
      const { predictionsAnswerer } = await import('./predictions/predictions-answerer.js');
      return predictionsAnswerer(from, items, given);
    }
    default:
      return kind satisfies never;
  }
}
