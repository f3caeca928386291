/**
 * A whole model of the hub, asked as it is meant to be: images through its own processor, conversations through its own chat template,
 * answers until one of its end tokens. It masks causally, as it was trained.
 */
import { basename, join } from 'node:path';
import { loadModel } from '../checkpoint/hugging-face/load-model.js';
import { openLlava } from '../checkpoint/hugging-face/read-checkpoint.js';
import type { ChatMessage } from '../data/chat/chat-template.js';
import { Conversations } from '../data/chat/conversation.js';
import { openHubTokenizer } from '../data/chat/hub-tokenizer.js';
import { preprocess } from '../data/pixels/preprocess.js';
import { requireSide } from '../data/pixels/processor.js';
import { processorFile, readProcessor } from '../data/pixels/read-processor.js';
import type { RgbImage } from '../data/pixels/rgb-image.js';
import { requireRows } from '../data/tokenizer/token-rows.js';
import { generateFrom } from '../generation/generate.js';
import { visualTokensPerImage } from '../model/config.js';
import { disposeModel } from '../model/model.js';
import { placeholderSequence } from '../model/placeholder-sequence.js';
import { visualEmbeddings } from '../model/visual-embeddings.js';

export interface HubRequest {
  /** Names the request in messages. */
  readonly id: string;
  /** In the order in which the messages show them. */
  readonly images: readonly RgbImage[];
  /** The last of them is the user's. */
  readonly messages: readonly ChatMessage[];
  /** Of the answer, its end included. */
  readonly maximumTokens: number;
}

export interface HubAnswer {
  readonly text: string;
  readonly finish: 'stop' | 'length';
  readonly promptTokens: number;
  readonly tokens: number;
}

export interface HubModel {
  /** Name of its folder. */
  readonly name: string;
  /**
   * One answer for each request, decoded greedily in one batch; undefined for one that leaves no room for an answer.
   * @throws InputError for a conversation that the template refuses
   */
  answer(requests: readonly HubRequest[]): readonly (HubAnswer | undefined)[];
  dispose(): void;
}

/**
 * Loads a folder of the class `LlavaForConditionalGeneration` onto the current engine.
 *
 * @throws InputError, SafetensorsError, ParameterMismatchError, ModelConfigError, EngineError
 */
export function openHubModel(folder: string): HubModel {
  const { config, tensors, imageToken } = openLlava(folder);
  const tokenizer = openHubTokenizer(folder);
  const processor = readProcessor(processorFile(folder));
  requireRows({
    tokens: tokenizer.vocabularySize,
    tokenizerFile: join(folder, 'tokenizer.json'),
    rows: config.language.vocabularySize,
    modelFile: join(folder, 'config.json'),
  });
  const { imageSize } = config.vision;
  requireSide(processor, { side: imageSize, where: folder });
  const imageText = [...tokenizer.specialTokens].find(([, id]) => id === imageToken)?.[0] ?? '<image>';
  const visualTokens = visualTokensPerImage(config);
  const conversations = new Conversations(tokenizer, { imageText, visualTokensPerImage: visualTokens });
  const model = loadModel(config, tensors);
  const { maximumPositions } = config.language;

  function answerTogether(requests: readonly HubRequest[], room: number): readonly HubAnswer[] {
    let firstImage = 0;
    const sequences = requests.map(({ id, images, messages }) => {
      const ids = conversations.prompt(messages, id);
      const text = { ids, imageToken, visualTokensPerImage: visualTokens, firstImage };
      firstImage += images.length;
      return placeholderSequence(text);
    });
    const images = requests.flatMap((request) => request.images);
    const pixels = new Float32Array(images.length * imageSize * imageSize * 3);
    for (const [i, image] of images.entries()) pixels.set(preprocess(image, processor), i * imageSize * imageSize * 3);
    const embeddings =
      images.length === 0
        ? undefined
        : model.inference(() => visualEmbeddings(model, { imageCount: images.length, imageSize, pixels }));
    try {
      const request = { sequences, visualEmbeddings: embeddings, maskKind: 'causal', maximumNewTokens: room } as const;
      const given = generateFrom(model, { ...request, endToken: tokenizer.endTokens });
      return given.map((ids, i) => ({
        text: tokenizer.decode(ids).trim(),
        finish: ids.length < room ? 'stop' : 'length',
        promptTokens: sequences[i]!.length,
        tokens: ids.length,
      }));
    } finally {
      embeddings?.dispose();
    }
  }

  return {
    name: basename(folder),
    answer: (requests) => {
      const rooms = requests.map(({ messages, id, maximumTokens }) =>
        Math.min(maximumTokens, maximumPositions - conversations.prompt(messages, id).length),
      );
      const answers: (HubAnswer | undefined)[] = requests.map(() => undefined);
      // What may be answered at equal length is answered together.
      for (const room of new Set(rooms.filter((tokens) => tokens >= 1))) {
        const chosen = [...requests.keys()].filter((index) => rooms[index] === room);
        const given = answerTogether(
          chosen.map((index) => requests[index]!),
          room,
        );
        chosen.forEach((index, position) => {
          answers[index] = given[position]!;
        });
      }
      return answers;
    },
    dispose: () => disposeModel(model),
  };
}
