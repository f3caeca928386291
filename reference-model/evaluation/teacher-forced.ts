/**
 * Teacher-forced answers: the reference is given token by token, and the model says how probable it finds each one. Nothing is generated,
 * so one pass tells whether the model would have chosen every token of the reference, and how far off it is where it would not.
 */
import * as tf from '@tensorflow/tfjs-core';
import { exampleTokens, type ModelReader } from '../data/chat/model-reader.js';
import type { DataSet } from '../data/dataset.js';
import type { BrokenImage } from '../data/images/broken-images.js';
import type { Model } from '../model/model.js';
import { targetLogits } from '../model/sequence-loss.js';
import { visualEmbeddings } from '../model/visual-embeddings.js';
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.js';
import { ALONE, type Ranks } from '../ranks/ranks.js';
import { batchSizes, type RunConfig } from '../recipe/recipe.js';
import { buildGroupedBatch, type ExampleBatch } from '../training/example-batch.js';
import { groupsWithPixels } from '../training/examples-with-pixels.js';
import { packGroups } from '../training/image-groups.js';
import { runTokenizer } from '../training/run-tokenizer.js';
import { dealtAnswers } from './dealt-answers.js';
import { askedStage, type ForcedRequest, forcedGroups } from './forced-requests.js';

export interface ForcedAnswer extends ForcedRequest {
  /** Whether at every token of the reference, the end token included, no other token was more probable. */
  readonly exact: boolean;
  /** −log probability of the whole reference, in nats. */
  readonly loss: number;
  /** Tokens of the reference, the end token included. */
  readonly tokens: number;
}

/** In the order of `forcedRequests`, under the mask of the last training stage. */
export async function teacherForced(
  model: Model,
  config: RunConfig,
  data: DataSet,
  {
    tokenizer = runTokenizer(config, { [config.data.name]: data }),
    ranks = ALONE,
  }: { readonly tokenizer?: ModelReader; readonly ranks?: Ranks } = {},
): Promise<readonly ForcedAnswer[]> {
  const groupsOfAll = forcedGroups(config, data);
  if (groupsOfAll.length === 0) return [];
  const stage = askedStage(config.recipe);
  const { microBatchSize } = batchSizes(config.recipe, stage);
  const batches: (readonly ForcedAnswer[])[] = [];
  const broken: BrokenImage[] = [];
  for (const [index, groups] of packGroups(groupsOfAll, microBatchSize).entries()) {
    if (index % ranks.count !== ranks.rank) continue;
    const planned = groups.map((group) => group.map(({ example }) => example));
    const { groups: examples, broken: met } = await groupsWithPixels(data, planned);
    broken.push(...met);
    if (broken.length > 0) continue;
    const batch = buildGroupedBatch(examples, model.config, tokenizer, stage.attentionMask);
    const { exact, losses } = scoreTargets(model, batch);
    const answers: ForcedAnswer[] = [];
    let target = 0;
    for (const { request, example } of groups.flat()) {
      const tokens = exampleTokens(tokenizer, example, example.id).answer.length;
      const end = target + tokens;
      const loss = losses.slice(target, end).reduce((sum, value) => sum + value, 0);
      answers.push({ ...request, exact: exact.slice(target, end).every(Boolean), loss, tokens });
      target = end;
    }
    batches.push(answers);
  }
  return dealtAnswers({ batches, broken }, ranks);
}

/** Of every target of a batch, in the order of its labels. */
function scoreTargets(model: Model, batch: ExampleBatch): { readonly exact: boolean[]; readonly losses: number[] } {
  const { labels } = batch.sequences;
  const [logits, losses] = model.inference(() => {
    const scores = targetLogits(model, batch.sequences, visualEmbeddings(model, batch));
    const lost = softmaxCrossEntropy(scores, tf.tensor1d(labels, 'int32'));
    return [scores, lost].map((tensor) => Float32Array.from(tensor.dataSync<'float32'>())) as [
      Float32Array,
      Float32Array,
    ];
  });
  const width = logits.length / Math.max(1, labels.length);
  const exact = Array.from(labels, (label, row) => {
    const own = logits.subarray(row * width, (row + 1) * width);
    return own.every((logit) => logit <= own[label]!);
  });
  return { exact, losses: [...losses] };
}
