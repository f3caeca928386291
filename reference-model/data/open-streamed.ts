/**
 * Any data set, opened for a model that learns from photographs: its texts in memory, its images resized to the model's size when they are
 * needed. Registered data sets are opened by their names, those of a user by the file that declares them.
 */
import { InputError } from '../files/input-error.js';
import type { DataSet, SplitName } from './dataset.js';
import { readDeclaredFile } from './declared/declared-file.js';
import { openDeclared } from './declared/open-declared.js';
import { type ImageOptions, openImages } from './images/open-images.js';
import { openSource } from './open-source.js';
import { pixelFingerprint, pixelOrigin } from './pixels/pixel-fingerprint.js';
import { siglipProcessor } from './pixels/processor.js';
import { DATA_SET_NAMES } from './registry.js';
import type { DataSource, IndexedSample } from './source.js';

export interface StreamedSource {
  readonly name: string;
  /** The data root; of a declared data set the folder of its file where it is not stated. */
  readonly root?: string;
  /** YAML file that declares the data set; without it the name is one of the registry. */
  readonly declaration?: string;
  /** How images are supplied, and at which size. */
  readonly images: ImageOptions;
}

/**
 * @throws InputError naming what is missing or wrong, a data set without a training split too; DataError for a registered one without its
 * root; RangeError for a name that is not registered
 */
export async function openStreamed({ name, root, declaration, images }: StreamedSource): Promise<DataSet> {
  const source = await open(name, root, declaration);
  const { processor = siglipProcessor(images.side) } = images;
  return {
    name,
    fingerprint: pixelFingerprint(source.fingerprint, await pixelOrigin(processor)),
    splits: {
      train: samplesOf(source, 'train', declaration),
      validation: source.splits.get('validation')?.samples ?? [],
      test: source.splits.get('test')?.samples ?? [],
    },
    images: openImages(source, images),
  };
}

async function open(name: string, root: string | undefined, declaration: string | undefined): Promise<DataSource> {
  if (declaration !== undefined) {
    const declared = readDeclaredFile(declaration);
    return openDeclared(declared.card.name, declared.declaration, root ?? declared.root);
  }
  const registered = DATA_SET_NAMES.find((known) => known === name);
  if (registered === undefined) throw new RangeError(`There is no data set ${name}.`);
  return openSource(registered, root === undefined ? {} : { root });
}

/** @throws InputError where nothing can be learned from */
function samplesOf(
  { name, splits }: DataSource,
  split: SplitName,
  declaration: string | undefined,
): readonly IndexedSample[] {
  const { samples = [] } = splits.get(split) ?? {};
  if (samples.length > 0) return samples;
  throw new InputError({
    code: 'data-invalid',
    what: `${name} has no ${split} split with images`,
    where: declaration ?? name,
    expected: 'the splits train, validation and test',
    fix: 'declare the data set in a YAML file with these splits; reference-model/data/README.md has examples',
  });
}
