/** The model of a finished run, loaded to answer: images of any size and kind in, texts with their lengths out. */
import { resolve } from 'node:path';
import { requestTokens } from '../../../reference-model/data/chat/model-reader.js';
import type { RasterImage } from '../../../reference-model/data/dataset.js';
import { resizeToProcessor } from '../../../reference-model/data/pixels/preprocess.js';
import { siglipProcessor } from '../../../reference-model/data/pixels/processor.js';
import type { RgbImage } from '../../../reference-model/data/pixels/rgb-image.js';
import type { StoredImage } from '../../../reference-model/data/source.js';
import {
  activateEngine,
  createModel,
  decodeImage,
  disposeModel,
  type EngineName,
  loadWeights,
  type Response,
  respondInFull,
} from '../../../reference-model/index.js';
import { visualTokensPerImage } from '../../../reference-model/model/config.js';
import { dataSetNames } from '../../../reference-model/training/stage-data.js';
import { recordedReader } from '../../records/recorded-reader.js';
import { readFinishedRunIn } from '../../records/run-record.js';

export interface Prompt {
  readonly image: RasterImage;
  readonly text: string;
  /** Of the answer, its end included. */
  readonly maximumTokens: number;
}

export interface RunModel {
  readonly runId: string;
  /** SHA-256 of the weights. */
  readonly weights: string;
  /** Data sets that the run was trained on. */
  readonly trainedOn: readonly string[];
  /** Prompts that are answered together at most. */
  readonly batchSize: number;
  /** As the model sees it: decoded, and resized as SigLIP's processor does. @throws InputError for an image that is broken */
  pictureOf(stored: StoredImage, where: string): Promise<RasterImage>;
  /** One response for each prompt; undefined for one that leaves no room for an answer. */
  respond(prompts: readonly Prompt[]): readonly (Response | undefined)[];
  dispose(): void;
}

/** @throws UserError `record-missing` or `record-corrupt`; EngineError */
export async function loadRunModel(folder: string, engine: EngineName | 'auto'): Promise<RunModel> {
  const { identity, weights, result } = readFinishedRunIn(resolve(folder));
  const { config } = identity;
  await activateEngine(engine);
  const model = createModel(config.model, config.seed);
  loadWeights(model, weights);
  const reader = recordedReader(resolve(folder), config);
  const { imageSize } = config.model.vision;
  const { processor = siglipProcessor(imageSize) } = reader;
  const { maximumPositions } = config.model.language;
  const visualTokens = visualTokensPerImage(config.model);
  /** What the model has room for beside the image and the request. */
  const roomFor = ({ text, maximumTokens }: Prompt): number => {
    const { before, prompt } = requestTokens(reader, text);
    return Math.min(maximumTokens, maximumPositions - visualTokens - before.length - prompt.length);
  };
  return {
    runId: result.runId,
    weights: result.weights,
    trainedOn: dataSetNames(config),
    batchSize: config.generation.batchSize,
    pictureOf: async (stored, where) => {
      const image: RgbImage =
        stored.kind === 'encoded'
          ? await decodeImage(stored.bytes, { where })
          : { width: stored.image.width, height: stored.image.height, rgb: stored.image.pixels };
      if (image.width === imageSize && image.height === imageSize) {
        return { width: imageSize, height: imageSize, pixels: image.rgb };
      }
      const { width, height, rgb } = resizeToProcessor(image, processor);
      return { width, height, pixels: rgb };
    },
    respond: (prompts) => {
      const rooms = prompts.map(roomFor);
      const responses: (Response | undefined)[] = prompts.map(() => undefined);
      // What may be answered at equal length is answered together.
      for (const room of new Set(rooms.filter((tokens) => tokens >= 1))) {
        const chosen = [...prompts.keys()].filter((index) => rooms[index] === room);
        const generation = { ...config.generation, strategy: 'greedy', maximumNewTokens: room } as const;
        const requests = chosen.map((index) => ({ image: prompts[index]!.image, prompt: prompts[index]!.text }));
        const given = respondInFull(model, { generation, recipe: config.recipe }, reader, requests);
        chosen.forEach((index, position) => {
          responses[index] = given[position]!;
        });
      }
      return responses;
    },
    dispose: () => disposeModel(model),
  };
}
