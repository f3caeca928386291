/**
 * `images/<data fingerprint>-<split>.jsonl`: the images that runs are evaluated on, kept once per store, so that reports show them
 * without the data set. One line per image, in the split's order.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { DataSet, SplitName } from '../../reference-model/data/dataset.js';
import { encodePng } from '../../reference-model/data/png.js';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { UserError } from '../errors.js';

const imageSchema = z.strictObject({ imageId: z.string(), png: z.base64() });

/** Where a store keeps the images of a split. */
export const evaluationImagesFile = (store: string, fingerprint: string, split: SplitName) =>
  join(store, 'images', `${fingerprint}-${split}.jsonl`);

/**
 * Writes the whole split, so that the file depends on nothing but its name, whichever suite comes first. An existing file is kept.
 */
export async function recordEvaluationImages(
  store: string,
  { fingerprint, load }: { readonly fingerprint: string; readonly load: () => Promise<Pick<DataSet, 'splits'>> },
  split: SplitName,
): Promise<void> {
  const file = evaluationImagesFile(store, fingerprint, split);
  if (existsSync(file)) return;
  const { splits } = await load();
  const lines = await Promise.all(
    splits[split].map(async ({ imageId, image }) => {
      const png = Buffer.from(await encodePng(image)).toString('base64');
      return `${JSON.stringify({ imageId, png })}\n`;
    }),
  );
  writeFileAtomically(file, lines.join(''));
}

/**
 * PNG files by image id, in the split's order.
 *
 * @param fingerprint of the evaluated data set itself: `Provenance.data.fingerprint`
 * @throws UserError `record-missing` when the store has none, `record-corrupt` naming the line
 */
export function readEvaluationImages(
  store: string,
  fingerprint: string,
  split: SplitName,
): ReadonlyMap<string, Uint8Array> {
  const file = evaluationImagesFile(store, fingerprint, split);
  const fix = 'delete this file and run the command that trained the runs again; it writes it without training';
  if (!existsSync(file)) {
    throw new UserError({ code: 'record-missing', what: 'the evaluated images were not recorded', where: file, fix });
  }
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return new Map(
    lines.map((line, index) => {
      try {
        const { imageId, png } = imageSchema.parse(JSON.parse(line));
        return [imageId, Buffer.from(png, 'base64')];
      } catch (cause) {
        const where = `${file}:${index + 1}`;
        throw new UserError({ code: 'record-corrupt', what: 'this line is not an image', where, fix }, { cause });
      }
    }),
  );
}
