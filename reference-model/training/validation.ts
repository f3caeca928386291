/** Held-out loss by source: mean cross-entropy per answer token over the first examples of the validation split. */
import type { Sample } from '../data/dataset.js';
import type { Tokenizer } from '../data/tokenizer/load-tokenizer.js';
import type { MaskKind } from '../model/config.js';
import type { Model } from '../model/model.js';
import { sequenceLoss } from '../model/sequence-loss.js';
import { visualEmbeddings } from '../model/visual-embeddings.js';
import type { Source, StageValidation } from '../recipe/recipe.js';
import { buildGroupedBatch, type ExampleBatch } from './example-batch.js';
import { heldOutGroups } from './held-out.js';
import { packGroups } from './image-groups.js';

export interface ValidationSet {
  readonly source: Source;
  readonly batches: readonly ExampleBatch[];
}

export interface ValidationSize extends Pick<Required<StageValidation>, 'sources' | 'examples'> {
  /** Examples of a forward pass. */
  readonly microBatchSize: number;
  /** Questions about one image that share a sequence; 1 by default. */
  readonly questionsPerImage?: number | undefined;
}

/**
 * Validation batches of every source that is asked for and that the data set has. Examples are spread over the split: one of each
 * image before a second of any.
 */
export function validationSets(
  samples: readonly Sample[],
  { sources, examples: count, microBatchSize, questionsPerImage }: ValidationSize,
  model: Model,
  tokenizer: Tokenizer,
  maskKind: MaskKind,
): readonly ValidationSet[] {
  return sources.flatMap((source) => {
    const groups = heldOutGroups(samples, source, { count, questionsPerImage });
    if (groups.length === 0) return [];
    const batches = packGroups(groups, microBatchSize).map((some) =>
      buildGroupedBatch(some, model.config, tokenizer, maskKind),
    );
    return [{ source, batches }];
  });
}

/** Mean cross-entropy per answer token of each set, in nats. */
export function validationLoss(
  model: Model,
  sets: readonly ValidationSet[],
): Readonly<Partial<Record<Source, number>>> {
  return Object.fromEntries(
    sets.map(({ source, batches }) => {
      const targets = batches.reduce((sum, { sequences }) => sum + sequences.labels.length, 0);
      const total = batches.reduce((sum, batch) => sum + summedLoss(model, batch), 0);
      return [source, total / targets];
    }),
  );
}

function summedLoss(model: Model, batch: ExampleBatch): number {
  return model.inference(
    () => sequenceLoss(model, batch.sequences, { visualEmbeddings: visualEmbeddings(model, batch) }).dataSync()[0]!,
  );
}
