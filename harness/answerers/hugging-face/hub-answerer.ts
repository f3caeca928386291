/** A whole model of the Hugging Face hub as an answerer: its folder as downloaded, asked greedily through its own processor and chat template. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RgbImage } from '../../../reference-model/data/pixels/rgb-image.js';
import type { StoredImage } from '../../../reference-model/data/source.js';
import type { HubRequest } from '../../../reference-model/evaluation/hub-model.js';
import { openHubModel } from '../../../reference-model/evaluation/hub-model.js';
import { fileSha256, sha256 } from '../../../reference-model/files/hashing.js';
import { activateEngine, decodeImage, type EngineName } from '../../../reference-model/index.js';
import type { Answerer, AnswerRequest, Outcome } from '../answerer.js';

export interface HubOptions {
  /** By default the one that works here. */
  readonly engine?: EngineName | 'auto';
}

/** Prompts that are answered together. */
const BATCH = 4;

/** @throws UserError, InputError, EngineError */
export async function hubAnswerer(folder: string, { engine = 'auto' }: HubOptions = {}): Promise<Answerer> {
  await activateEngine(engine);
  const model = openHubModel(resolve(folder));
  return {
    identity: { kind: 'hf', name: model.name, weights: folderDigest(resolve(folder)) },
    batchSize: BATCH,
    inFlight: 1,
    answer: async (requests) => {
      const asked = await Promise.all(requests.map(toHub));
      const begun = performance.now();
      const answers = model.answer(asked);
      const milliseconds = Math.round((performance.now() - begun) * 100) / 100;
      return answers.map((answer): Outcome => {
        if (answer === undefined)
          return { kind: 'failed', reason: 'the prompt leaves the model no room for an answer' };
        const { text, finish, promptTokens, tokens } = answer;
        return { kind: 'text', text, finish, milliseconds, promptTokens, completionTokens: tokens };
      });
    },
    close: async () => model.dispose(),
  };
}

/** The image stands before the text of the first message of the user. */
async function toHub({ id, image, messages, decoding }: AnswerRequest): Promise<HubRequest> {
  const first = messages.findIndex(({ role }) => role === 'user');
  return {
    id,
    images: [await decoded(image.stored, image.imageId)],
    messages: messages.map(({ role, text }, index) => ({
      role,
      parts: [...(index === first ? [{ kind: 'image' } as const] : []), { kind: 'text', text } as const],
    })),
    maximumTokens: decoding.maximumTokens,
  };
}

async function decoded(stored: StoredImage, where: string): Promise<RgbImage> {
  if (stored.kind === 'encoded') return decodeImage(stored.bytes, { where });
  const { width, height, pixels } = stored.image;
  return { width, height, rgb: pixels };
}

/** Of every file that an answer may depend on, by name. */
function folderDigest(folder: string): string {
  const names = readdirSync(folder).filter((name) => /\.(safetensors|json|jinja)$/.test(name));
  return sha256(
    names
      .sort()
      .map((name) => `${fileSha256(join(folder, name))}  ${name}\n`)
      .join(''),
  );
}
