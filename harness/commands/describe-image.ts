/** What `vlm-bench generate` does: a finished run's model, an image file, and what the model says about it. */
import { resolve } from 'node:path';
import sharp from 'sharp';
import { loadEmbeddedTokenizer } from '../../reference-model/data/tokenizer/load-tokenizer.js';
import { activateEngine, createModel, loadWeights, type RasterImage, respond } from '../../reference-model/index.js';
import { UserError } from '../errors.js';
import { readFinishedRunIn } from '../records/run-record.js';
import type { EngineChoice } from '../run/machinery.js';
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
  const pixels = await decode(image, config.model.vision.imageSize);
  await activateEngine(engine);
  const model = createModel(config.model, config.seed);
  loadWeights(model, weights);
  const tokenizer = loadEmbeddedTokenizer({ vocabularySize: config.model.language.vocabularySize });
  const [text] = respond(model, config, tokenizer, [{ image: pixels, prompt }]);
  return text!;
}

/** The whole image, stretched to the square that the model sees. */
async function decode(file: string, size: number): Promise<RasterImage> {
  try {
    const image = sharp(file, { failOn: 'warning' })
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .removeAlpha();
    const { data, info } = await image.resize(size, size, { fit: 'fill' }).raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, pixels: new Uint8Array(data) };
  } catch (cause) {
    const what = 'the image cannot be read';
    throw new UserError(
      {
        code: 'file-unreadable',
        what,
        where: file,
        expected: 'a whole PNG or JPEG file',
        fix: 'check the path and the file',
      },
      { cause },
    );
  }
}
