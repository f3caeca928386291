/**
 * What a trained model says about held-out images: a caption per image in each style, of people and in full detail, and one answer
 * per question, under the mask of its last training stage; and how probable it finds references that are given to it.
 */

import { endTokensOf, type ModelReader, pixelValues, requestTokens } from '../data/chat/model-reader.js';
import type { DataSet, DescribedImage, RasterImage } from '../data/dataset.js';
import type { BrokenImage } from '../data/images/broken-images.js';
import { withPixels } from '../data/images/with-pixels.js';
import { generateFrom } from '../generation/generate.js';
import { visualTokensPerImage } from '../model/config.js';
import type { Model } from '../model/model.js';
import { imageTextSequence } from '../model/sequence.js';
import { visualEmbeddings } from '../model/visual-embeddings.js';
import { ALONE, type Ranks } from '../ranks/ranks.js';
import type { CaptionSource, RunConfig } from '../recipe/recipe.js';
import { CAPTION_PROMPT } from '../training/examples.js';
import { runTokenizer } from '../training/run-tokenizer.js';
import { captionStylesOf } from './caption-styles.js';
import { dealtAnswers } from './dealt-answers.js';
import { askedStage } from './forced-requests.js';
import { type ForcedAnswer, teacherForced } from './teacher-forced.js';

export type CaptionStyle = CaptionSource;

export interface PredictedCaption {
  readonly style: CaptionStyle;
  readonly imageId: string;
  readonly prompt: string;
  readonly text: string;
}

export interface Predictions {
  readonly captions: readonly PredictedCaption[];
  readonly answers: readonly { readonly questionId: string; readonly imageId: string; readonly text: string }[];
  /** What the model makes of given answers, where the configuration asks for that. */
  readonly forced?: readonly ForcedAnswer[];
}

/** A picture and what is asked about it. */
export interface Request {
  readonly image: RasterImage;
  readonly prompt: string;
}

export interface PredictionOptions {
  /** How weights of the hub read, where the run has their tokenizer. */
  readonly reader?: ModelReader | undefined;
  /** Divide images and questions among themselves, and each knows all of the answers in the end. */
  readonly ranks?: Ranks | undefined;
}

/**
 * Captions of the first images in every style that the split has, and answers to the first questions of it, in the split's order.
 * @throws InputError naming the broken images, on every rank the same: an evaluation is of all images that were planned
 */
export async function predict(
  model: Model,
  config: RunConfig,
  data: DataSet,
  { reader, ranks = ALONE }: PredictionOptions = {},
): Promise<Predictions> {
  const tokenizer = runTokenizer(config, { [config.data.name]: data }, reader);
  const { split, captionImages, questions: count } = config.evaluation;
  const samples = data.splits[split];
  const said = (asked: readonly Asked[]) => respondInBatches(model, config, tokenizer, { asked, data, ranks });
  const captioned = samples.slice(0, captionImages);
  const captions: PredictedCaption[] = [];
  for (const style of captionStylesOf(captioned)) {
    const prompt = CAPTION_PROMPT[style];
    const texts = await said(captioned.map((sample) => ({ sample, prompt })));
    captions.push(...captioned.map(({ imageId }, i) => ({ style, imageId, prompt, text: texts[i]! })));
  }
  const asked = samples
    .flatMap((sample) => sample.questions.map((question) => ({ sample, prompt: question.question, question })))
    .slice(0, count);
  const answers = await said(asked);
  const forced =
    config.evaluation.teacherForced === undefined
      ? {}
      : { forced: await teacherForced(model, config, data, { tokenizer, ranks }) };
  return {
    captions,
    ...forced,
    answers: asked.map(({ sample: { imageId }, question: { questionId } }, i) => ({
      questionId,
      imageId,
      text: answers[i]!,
    })),
  };
}

/** An image of a data set and what is asked about it. */
interface Asked {
  readonly sample: DescribedImage;
  readonly prompt: string;
}

/** One text per image and prompt; images are taken as they are needed. */
async function respondInBatches(
  model: Model,
  config: RunConfig,
  tokenizer: ModelReader,
  { asked, data, ranks }: { readonly asked: readonly Asked[]; readonly data: DataSet; readonly ranks: Ranks },
): Promise<readonly string[]> {
  const { batchSize } = config.generation;
  const batches: (readonly string[])[] = [];
  const broken: BrokenImage[] = [];
  for (let from = 0; from < asked.length; from += batchSize) {
    if ((from / batchSize) % ranks.count !== ranks.rank) continue;
    const some = asked.slice(from, from + batchSize);
    const { known, broken: met } = await withPixels(
      data,
      some.map(({ sample }) => sample),
    );
    broken.push(...met);
    // All broken images are named, and nothing else is asked once there is one.
    if (broken.length > 0) continue;
    const requests = some.map(({ sample, prompt }) => ({ image: known.get(sample)!.image, prompt }));
    batches.push(respond(model, config, tokenizer, requests));
  }
  return dealtAnswers({ batches, broken }, ranks);
}

/** What a model answers, and how the answer came to its end. */
export interface Response {
  readonly text: string;
  readonly promptTokens: number;
  /** Of the text, without the end token. */
  readonly tokens: number;
  /** `length`: cut at the maximum number of new tokens. */
  readonly finish: 'stop' | 'length';
}

/** One text per request, decoded in batches. */
export function respond(
  model: Model,
  config: Pick<RunConfig, 'generation' | 'recipe'>,
  tokenizer: ModelReader,
  requests: readonly Request[],
): readonly string[] {
  return respondInFull(model, config, tokenizer, requests).map(({ text }) => text);
}

/** As `respond`, with what is known of each text beside its words. */
export function respondInFull(
  model: Model,
  { generation, recipe }: Pick<RunConfig, 'generation' | 'recipe'>,
  tokenizer: ModelReader,
  requests: readonly Request[],
): readonly Response[] {
  if (requests.length === 0) return [];
  const { strategy, beamWidth, maximumNewTokens, batchSize } = generation;
  const { attentionMask: maskKind } = askedStage(recipe);
  const { imageSize } = model.config.vision;
  const responses: Response[] = [];
  for (let from = 0; from < requests.length; from += batchSize) {
    const batch = requests.slice(from, from + batchSize);
    const pixels = pixelValues(
      tokenizer,
      batch.map(({ image }) => image),
    );
    const embeddings = model.inference(() => visualEmbeddings(model, { imageCount: batch.length, imageSize, pixels }));
    const prompts = batch.map(({ prompt }) => requestTokens(tokenizer, prompt));
    const visualTokens = visualTokensPerImage(model.config);
    const ids = generateFrom(model, {
      visualEmbeddings: embeddings,
      sequences: prompts.map((prompt, image) => imageTextSequence({ image, visualTokens, ...prompt })),
      maskKind,
      endToken: endTokensOf(tokenizer),
      maximumNewTokens,
      strategy: strategy === 'greedy' ? { kind: 'greedy' } : { kind: 'beam', width: beamWidth },
    });
    embeddings.dispose();
    ids.forEach((tokens, i) => {
      responses.push({
        text: tokenizer.decode(tokens),
        promptTokens: prompts[i]!.before.length + prompts[i]!.prompt.length,
        tokens: tokens.length,
        finish: tokens.length < maximumNewTokens ? 'stop' : 'length',
      });
    });
  }
  return responses;
}
