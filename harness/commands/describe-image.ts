/** What `vlm-bench generate` does: a finished run's model, an image file, and what the model says about it. */
import { resolve } from 'node:path';
import { decodeToSide } from '../../reference-model/data/images/decode-to-side.js';
import { activateEngine, createModel, loadWeights, respond } from '../../reference-model/index.js';
import { recordedTokenizer } from '../records/recorded-tokenizer.js';
import { readFinishedRunIn } from '../records/run-record.js';
import type { EngineChoice } from '../run/machinery.js';
import { readFileBytes, readImageFile } from './image-file.js';
import { captionPrompt } from './prompts.js';

export interface DescribeRequest {
  /** Folder of a run's record. */
  readonly checkpoint: string;
  readonly image: string;
  readonly prompt?: string;
  readonly engine: EngineChoice;
}

/** @throws UserError `file-unreadable` for an image that cannot be decoded, `record-…` for a run that cannot be read */
export async function describeImageFile({
  checkpoint,
  image,
  prompt = captionPrompt,
  engine,
}: DescribeRequest): Promise<string> {
  const { identity, weights } = readFinishedRunIn(resolve(checkpoint));
  const { config } = identity;
  const { imageSize } = config.model.vision;
  // A model of photographs sees them as it did in training, the others as they always did.
  const pixels =
    config.tokenizer === undefined
      ? await readImageFile(image, imageSize)
      : await decodeToSide(readFileBytes(image), image, imageSize);
  await activateEngine(engine);
  const model = createModel(config.model, config.seed);
  loadWeights(model, weights);
  const tokenizer = recordedTokenizer(resolve(checkpoint), config);
  const [text] = respond(model, config, tokenizer, [{ image: pixels, prompt }]);
  return text!;
}
