/** Held-out loss by source: mean cross-entropy per answer token over the first examples of the validation split. */
import type { Sample } from '../data/dataset.js';
import type { Tokenizer } from '../data/tokenizer/load-tokenizer.js';
import type { MaskKind } from '../model/config.js';
import type { Model } from '../model/model.js';
import { sequenceLoss } from '../model/sequence-loss.js';
import { visualEmbeddings } from '../model/visual-embeddings.js';
import type { Source } from '../recipe/recipe.js';
import type { StageValidation } from '../recipe/stage-validation.js';
import { buildExampleBatch, type ExampleBatch } from './example-batch.js';
import { examplesOf } from './examples.js';

export interface ValidationSet {
  readonly source: Source;
  readonly batches: readonly ExampleBatch[];
}

export interface ValidationSize extends Pick<Required<StageValidation>, 'sources' | 'examples'> {
  /** Examples of a forward pass. */
  readonly microBatchSize: number;
}

/**
 * Validation batches of every source that is asked for and that the data set has. Examples are spread over the split: one of each
 * image before a second of any.
 */
export function validationSets(
  samples: readonly Sample[],
  { sources, examples: count, microBatchSize }: ValidationSize,
  model: Model,
  tokenizer: Tokenizer,
  maskKind: MaskKind,
): readonly ValidationSet[] {
  return sources.flatMap((source) => {
    const byImage = samples.map((sample) => examplesOf([sample], source));
    const deepest = Math.max(0, ...byImage.map((examples) => examples.length));
    const spread = Array.from({ length: deepest }, (_, i) =>
      byImage.flatMap((examples) => examples.slice(i, i + 1)),
    ).flat();
    const examples = spread.slice(0, count);
    if (examples.length === 0) return [];
    const batches: ExampleBatch[] = [];
    for (let from = 0; from < examples.length; from += microBatchSize) {
      batches.push(buildExampleBatch(examples.slice(from, from + microBatchSize), model.config, tokenizer, maskKind));
    }
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
