/** What `vlm-bench generate` does: a finished run's model, an image file, and what the model says about it. */
import { resolve } from 'node:path';
import { loadEmbeddedTokenizer } from '../../reference-model/data/tokenizer/load-tokenizer.js';
import { activateEngine, createModel, loadWeights, respond } from '../../reference-model/index.js';
import { readFinishedRunIn } from '../records/run-record.js';
import type { EngineChoice } from '../run/machinery.js';
import { readImageFile } from './image-file.js';
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
  const pixels = await readImageFile(image, config.model.vision.imageSize);
  await activateEngine(engine);
  const model = createModel(config.model, config.seed);
  loadWeights(model, weights);
  const tokenizer = loadEmbeddedTokenizer({ vocabularySize: config.model.language.vocabularySize });
  const [text] = respond(model, config, tokenizer, [{ image: pixels, prompt }]);
  return text!;
}
