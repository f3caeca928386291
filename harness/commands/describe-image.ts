/** What `vlm-bench generate` does: a model, of a finished run or of the hub, an image file, and what the model says about it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isHubFolder } from '../../reference-model/checkpoint/hugging-face/open-tensors.js';
import { decodeTo } from '../../reference-model/data/images/decode-to.js';
import { siglipProcessor } from '../../reference-model/data/pixels/processor.js';
import { openHubModel } from '../../reference-model/evaluation/hub-model.js';
import { activateEngine, createModel, decodeImage, loadWeights, respond } from '../../reference-model/index.js';
import { UserError } from '../errors.js';
import { recordedReader } from '../records/recorded-reader.js';
import { readFinishedRunIn } from '../records/run-record.js';
import type { EngineChoice } from '../run/machinery.js';
import { readFileBytes, readImageFile } from './image-file.js';
import { captionPrompt } from './prompts.js';

export interface DescribeRequest {
  /** Folder of a run's record, or of a model of the hub. */
  readonly checkpoint: string;
  readonly image: string;
  readonly prompt?: string;
  readonly engine: EngineChoice;
}

/** @throws UserError `file-unreadable` for an image that cannot be decoded, `record-…` for a run that cannot be read; InputError */
export async function describeImageFile({ checkpoint, prompt, ...asked }: DescribeRequest): Promise<string> {
  const folder = resolve(checkpoint);
  if (isHubFolder(folder)) return askHubModel({ ...asked, checkpoint: folder, prompt: prompt ?? HUB_PROMPT });
  return askRun({ ...asked, checkpoint: folder, prompt: prompt ?? captionPrompt });
}

/** Asks for a caption of one sentence, as lmms-eval does for COCO. */
const HUB_PROMPT = 'Provide a one-sentence caption for the provided image.';
/** Of an answer, its end included. */
const HUB_TOKENS = 128;

async function askHubModel({ checkpoint, image, prompt, engine }: Required<DescribeRequest>): Promise<string> {
  const decoded = await decodeImage(readFileSync(image), { where: image });
  await activateEngine(engine);
  const model = openHubModel(checkpoint);
  const parts = [{ kind: 'image' }, { kind: 'text', text: prompt }] as const;
  const request = {
    id: '--prompt',
    images: [decoded],
    messages: [{ role: 'user', parts }],
    maximumTokens: HUB_TOKENS,
  } as const;
  const [answer] = model.answer([request]);
  model.dispose();
  if (answer !== undefined) return answer.text;
  throw new UserError({
    code: 'usage',
    what: 'the prompt leaves the model no room for an answer',
    where: '--prompt',
    fix: 'give a shorter one',
  });
}

async function askRun({ checkpoint, image, prompt, engine }: Required<DescribeRequest>): Promise<string> {
  const { identity, weights } = readFinishedRunIn(checkpoint);
  const { config } = identity;
  const { imageSize } = config.model.vision;
  const reader = recordedReader(resolve(checkpoint), config);
  // A model of photographs sees them as it did in training, the others as they always did.
  const pixels =
    config.tokenizer === undefined
      ? await readImageFile(image, imageSize)
      : await decodeTo(readFileBytes(image), image, reader.processor ?? siglipProcessor(imageSize));
  await activateEngine(engine);
  const model = createModel(config.model, config.seed);
  loadWeights(model, weights);
  const [text] = respond(model, config, reader, [{ image: pixels, prompt }]);
  return text!;
}
