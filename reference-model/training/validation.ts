/** Held-out loss by source: mean cross-entropy per answer token over the first examples of the validation split. */

import type { ModelReader } from '../data/chat/model-reader.js';
import type { CurveSplit, DataSet } from '../data/dataset.js';
import type { BrokenImage } from '../data/images/broken-images.js';
import { requireWhole } from '../data/images/with-pixels.js';
import type { MaskKind } from '../model/config.js';
import type { Model } from '../model/model.js';
import { sequenceLoss } from '../model/sequence-loss.js';
import { visualEmbeddings } from '../model/visual-embeddings.js';
import { brokenAmongRanks } from '../ranks/broken-among-ranks.js';
import { ALONE, type Ranks } from '../ranks/ranks.js';
import type { Source, StageValidation, TextsPerImage } from '../recipe/recipe.js';
import { buildGroupedBatch, type ExampleBatch } from './example-batch.js';
import { groupsWithPixels } from './examples-with-pixels.js';
import { heldOutGroups } from './held-out.js';
import { packGroups } from './image-groups.js';

export interface ValidationSet {
  readonly source: Source;
  readonly batches: readonly ExampleBatch[];
}

export interface ValidationSize extends Pick<Required<StageValidation>, 'sources' | 'examples'>, TextsPerImage {
  /** Examples of a forward pass. */
  readonly microBatchSize: number;
  readonly split: CurveSplit;
}

/**
 * Validation batches of every source that is asked for and that the data set has. Examples are spread over the split: one of each
 * image before a second of any. Several ranks divide the batches among themselves.
 *
 * @throws InputError naming the broken images, on every rank the same: what losses are compared on is never less than was planned
 */
export async function validationSets(
  data: DataSet,
  { split, sources, examples: count, microBatchSize, ...shared }: ValidationSize,
  model: Model,
  tokenizer: ModelReader,
  maskKind: MaskKind,
  ranks: Ranks = ALONE,
): Promise<readonly ValidationSet[]> {
  const sets: ValidationSet[] = [];
  const broken: BrokenImage[] = [];
  for (const source of sources) {
    const groups = heldOutGroups(data.splits[split] ?? [], source, { count, ...shared });
    if (groups.length === 0) continue;
    const batches: ExampleBatch[] = [];
    for (const [index, planned] of packGroups(groups, microBatchSize).entries()) {
      if (index % ranks.count !== ranks.rank) continue;
      const { groups: some, broken: met } = await groupsWithPixels(data, planned);
      broken.push(...met);
      if (broken.length === 0) batches.push(buildGroupedBatch(some, model.config, tokenizer, maskKind));
    }
    sets.push({ source, batches });
  }
  if (data.images !== undefined) requireWhole(await brokenAmongRanks(broken, ranks));
  return sets;
}

/** Mean cross-entropy per answer token of each set, over all ranks, in nats. */
export function validationLoss(
  model: Model,
  sets: readonly ValidationSet[],
  ranks: Ranks = ALONE,
): Readonly<Partial<Record<Source, number>>> {
  return Object.fromEntries(
    sets.map(({ source, batches }) => {
      const [total = 0, targets = 0] = ranks.sum([
        batches.reduce((sum, batch) => sum + summedLoss(model, batch), 0),
        batches.reduce((sum, { sequences }) => sum + sequences.labels.length, 0),
      ]);
      return [source, total / targets];
    }),
  );
}

function summedLoss(model: Model, batch: ExampleBatch): number {
  return model.inference(
    () => sequenceLoss(model, batch.sequences, { visualEmbeddings: visualEmbeddings(model, batch) }).dataSync()[0]!,
  );
}
