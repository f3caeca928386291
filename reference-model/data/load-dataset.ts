/** Loads a data set by name, whether it is generated or read from disk, and fingerprints it. */
import { DataError } from './data-error.js';
import type { DataSet, DataSetName } from './dataset.js';
import { loadEasyVqa } from './easy-vqa/load-easy-vqa.js';
import { fingerprintOf } from './fingerprint.js';
import type { TinyPathologyOptions } from './tiny-pathology/generate.js';
import { generateTinyPathology } from './tiny-pathology/generate.js';
import { generateTinyPathology2 } from './tiny-pathology-2/generate.js';
import type { TinyScenesOptions } from './tiny-scenes/generate.js';
import { generateTinyScenes } from './tiny-scenes/generate.js';
import { generateTinyScenes2 } from './tiny-scenes-2/generate.js';

export interface DataSetSource {
  readonly name: DataSetName;
  /** Folder of a data set that is read from disk (easy-vqa). */
  readonly root?: string;
  /** Seed and split sizes of the data sets that are generated; the defaults are the ones that suites use. */
  readonly tinyScenes?: TinyScenesOptions;
  readonly tinyPathology?: TinyPathologyOptions;
}

/**
 * The data set of that name. Equal sources give equal bits, hence equal fingerprints.
 * Throws DataError for a missing root or any defect in the files.
 */
export async function loadDataSet({ name, root, tinyScenes, tinyPathology }: DataSetSource): Promise<DataSet> {
  switch (name) {
    case 'tiny-scenes': {
      const splits = generateTinyScenes(tinyScenes);
      return { name, fingerprint: fingerprintOf(splits), splits };
    }
    case 'tiny-pathology': {
      const splits = generateTinyPathology(tinyPathology);
      return { name, fingerprint: fingerprintOf(splits), splits };
    }
    case 'tiny-scenes-2': {
      const splits = generateTinyScenes2();
      return { name, fingerprint: fingerprintOf(splits), splits };
    }
    case 'tiny-pathology-2': {
      const splits = generateTinyPathology2();
      return { name, fingerprint: fingerprintOf(splits), splits };
    }
    case 'easy-vqa': {
      if (root === undefined) throw new DataError({ code: 'missing-root', name });
      const splits = await loadEasyVqa(root);
      return { name, fingerprint: fingerprintOf(splits), splits };
    }
    default:
      return name satisfies never;
  }
}
