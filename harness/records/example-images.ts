/**
 * `examples.json`: the first images of the evaluated split, by the digests of their pictures in the store, so that a report of the run
 * needs no data set. Records of earlier versions hold the pixels themselves.
 */
import { z } from 'zod';
import { encodePng } from '../../reference-model/data/png.js';
import { UserError } from '../errors.js';
import { readStoredImage, storedImageFile } from './image-store.js';

const size = { imageId: z.string(), width: z.int(), height: z.int() };

export const exampleImagesSchema = z.array(
  z.union([
    z.strictObject({ ...size, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    /** `rgb` is base64 of [height, width, 3] bytes. */
    z.strictObject({ ...size, rgb: z.base64() }),
  ]),
);

export type RecordedExample = z.infer<typeof exampleImagesSchema>[number];

/** An example with the store that its picture lies in. */
export type ExampleImage = RecordedExample & { readonly store: string };

/**
 * PNG bytes of an example.
 * @throws UserError `record-corrupt` when the store lacks the picture, or its pixels are not as many as its size says
 */
export async function examplePng(example: ExampleImage): Promise<Uint8Array> {
  const { store, width, height } = example;
  if ('sha256' in example) {
    const png = readStoredImage(store, example.sha256);
    if (png !== undefined) return png;
    throw unusable('missing or damaged', storedImageFile(store, example.sha256));
  }
  const pixels = Buffer.from(example.rgb, 'base64');
  if (pixels.length !== width * height * 3) throw unusable('damaged', `${store}, image ${example.imageId}`);
  return encodePng({ width, height, pixels });
}

function unusable(state: string, where: string): UserError {
  return new UserError({
    code: 'record-corrupt',
    what: `the picture of an example is ${state}`,
    where,
    fix: 'keep the images folder beside the runs, or run the command that trained them again; it writes it without training',
  });
}
