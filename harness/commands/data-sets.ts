/** What `vlm-bench data` does beyond the cards: check that no image is in two splits, and write a data set out in open formats. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type DataSetSource,
  type DataSetVerification,
  loadDataSet,
  verifyDataSet,
} from '../../reference-model/data/load-dataset.js';
import { encodePng } from '../../reference-model/data/png.js';
import { DATA_SETS } from '../../reference-model/data/registry.js';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { UserError } from '../errors.js';

export const DATA_CARDS = DATA_SETS.map(({ card }) => card);

/** @throws UserError `data-invalid` when the copy is not the one that the package knows, DataError when it cannot be loaded */
export async function requireUnchangedDataSet(source: DataSetSource): Promise<DataSetVerification> {
  const verification = await verifyDataSet(source);
  if (verification.differences.length === 0) return verification;
  throw new UserError(
    verification.differences.map((difference) => ({
      code: 'data-invalid',
      what: difference.replace(/\.$/, ''),
      where: source.root ?? source.name,
      fix: 'fetch the data set again; if the change is wanted, its results are not comparable with others',
    })),
  );
}

/** Images are numbered: an image id is text from a data set and never becomes a path. */
export async function prepareDataSet(source: DataSetSource, out: string): Promise<void> {
  const folder = resolve(out);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new UserError({ code: 'usage', what: 'the folder is not empty', where: folder, fix: 'name a new folder' });
  }
  const data = await loadDataSet(source);
  for (const [split, samples] of Object.entries(data.splits)) {
    const records: unknown[] = [];
    for (const [index, { image, ...sample }] of samples.entries()) {
      const file = `${split}/${String(index).padStart(6, '0')}.png`;
      writeFileAtomically(join(folder, file), await encodePng(image));
      records.push({ ...sample, file });
    }
    writeFileAtomically(join(folder, `${split}.json`), `${JSON.stringify(records)}\n`);
  }
}
