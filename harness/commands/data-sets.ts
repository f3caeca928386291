/** What `vlm-bench data` does: find a data set by name or declaration, hold it against its card, list what is wrong, and write it out. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type DataSetCard, needsRoot } from '../../reference-model/data/card.js';
import { rootOf } from '../../reference-model/data/data-root.js';
import { readDeclaredFile } from '../../reference-model/data/declared/declared-file.js';
import { type ExclusionList, exclusionOf, readExclusion } from '../../reference-model/data/declared/exclusion.js';
import { openDeclared } from '../../reference-model/data/declared/open-declared.js';
import { missingFiles, openSource } from '../../reference-model/data/open-source.js';
import { encodePng } from '../../reference-model/data/png.js';
import type { Encoding } from '../../reference-model/data/preparation/encode-image.js';
import { prepareShards } from '../../reference-model/data/preparation/prepare-shards.js';
import { cardOf, DATA_SETS } from '../../reference-model/data/registry.js';
import type { DataSource } from '../../reference-model/data/source.js';
import { redundantImages } from '../../reference-model/data/verification/duplicate-images.js';
import { type SourceVerification, verifySource } from '../../reference-model/data/verification/verify-source.js';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { namesIn } from '../../reference-model/files/folder-names.js';
import { type Problem, UserError } from '../errors.js';
import { asUserError } from '../files/read-input.js';
import { chosenData, isDeclaration, requireName } from './chosen-data.js';
import { dataProgress } from './data-progress.js';

/** Every fault of a copy is listed in JSON; so many are worth reading on a terminal. */
const SHOWN_FAULTS = 20;

export const DATA_CARDS: readonly DataSetCard[] = DATA_SETS.map(({ card }) => card);

export interface DataRequest {
  /** Of the registry, or a YAML file that declares a data set. */
  readonly name: string;
  readonly dataRoot?: string;
  /** A list of images to leave out. */
  readonly exclude?: string;
}

/** The card of a data set, and what a data root lacks of it. @throws UserError for a name that nobody knows */
export function describeDataSet({ name, dataRoot }: DataRequest) {
  const { card } = chosenData(name);
  const root = dataRoot === undefined || !needsRoot(card) ? undefined : rootOf(card.name, resolve(dataRoot));
  return { card, ...(root === undefined ? {} : { root, missing: missingFiles(card, root) }) };
}

/** @throws UserError naming what is missing or wrong */
async function openDataSet({ name, dataRoot, exclude }: DataRequest): Promise<{
  readonly source: DataSource;
  readonly card: DataSetCard;
}> {
  try {
    const left = exclude === undefined ? {} : { exclude: readExclusion(exclude) };
    if (isDeclaration(name)) {
      const { card, declaration, root } = readDeclaredFile(name);
      return { card, source: await openDeclared(card.name, { ...declaration, ...left }, dataRoot ?? root) };
    }
    const known = requireName(name);
    const source = await openSource(known, { ...(dataRoot === undefined ? {} : { root: dataRoot }), ...left });
    return { card: cardOf(known), source };
  } catch (error) {
    throw asUserError(error);
  }
}

/** Duplicates are told, not refused. @throws UserError with every difference from the card, and images that are missing or broken */
export function requireUnchanged(verification: SourceVerification, where: string): void {
  const problems = verificationProblems(verification, where);
  if (problems.length > 0) throw new UserError(problems);
}

function verificationProblems({ differences, missing, broken }: SourceVerification, where: string): readonly Problem[] {
  const faults = [...missing, ...broken];
  const shown = faults.slice(0, SHOWN_FAULTS).map(
    (fault): Problem => ({
      code: 'data-invalid',
      what: `${fault.problem} (${fault.imageId} of the ${fault.split} split)`,
      where: fault.where,
      fix: 'fetch the image again',
    }),
  );
  const rest = faults.length - shown.length;
  return [
    ...differences.map(
      (what): Problem => ({
        code: 'data-invalid',
        what,
        where,
        fix: 'fetch the data set again; if the change is wanted, its results are not comparable with others',
      }),
    ),
    ...shown,
    ...(rest === 0
      ? []
      : [
          {
            code: 'data-invalid' as const,
            what: `${rest} more images are missing or broken: ${missing.length} missing and ${broken.length} broken in all`,
            where,
            fix: 'see them all with --json',
          },
        ]),
  ];
}

/** Verifies; with `listInto` also writes the list of images to leave out, and tells the fingerprint of the data set without them. */
export async function verifyDataSet(request: DataRequest & { readonly listInto?: string }) {
  const { source, card } = await openDataSet(request);
  const verification = await verifySource(source, card, dataProgress('images'));
  source.close();
  if (request.listInto === undefined) return { verification };
  const list: ExclusionList = { dataSet: card.name, excluded: [...redundantImages(verification.duplicates)] };
  writeFileAtomically(request.listInto, `${JSON.stringify(list, null, 1)}\n`);
  const { source: rest } = await openDataSet({ ...request, exclude: request.listInto });
  rest.close();
  return {
    verification,
    without: { images: exclusionOf(list).imageIds.size, file: request.listInto, fingerprint: rest.fingerprint },
  };
}

/** @returns what was written and what to open it by */
export async function prepareAsShards(request: DataRequest & Encoding, out: string) {
  const { source, card } = await openDataSet(request);
  const { encode, size } = request;
  try {
    return await prepareShards(source, card, resolve(out), {
      encode,
      ...(size === undefined ? {} : { size }),
      onProgress: dataProgress('images'),
    });
  } catch (error) {
    throw asUserError(error);
  } finally {
    source.close();
  }
}

/** Pixels as PNG and texts as JSON. Images are numbered: an image id is text from a data set and never becomes a path. */
export async function prepareAsImages(request: DataRequest, out: string): Promise<void> {
  const folder = resolve(out);
  if (existsSync(folder) && namesIn(folder).length > 0) {
    throw new UserError({ code: 'usage', what: 'the folder is not empty', where: folder, fix: 'name a new folder' });
  }
  const { source } = await openDataSet(request);
  for (const [split, { samples }] of source.splits) {
    const records: unknown[] = [];
    for (const [index, { size: _, ...sample }] of samples.entries()) {
      const stored = await source.image(sample.imageId);
      if (stored.kind !== 'pixels') {
        throw new UserError({
          code: 'usage',
          what: `${source.name} is not held as pixels`,
          where: '--as images',
          fix: 'leave --as out, or write --as shards',
        });
      }
      const file = `${split}/${String(index).padStart(6, '0')}.png`;
      writeFileAtomically(join(folder, file), await encodePng(stored.image));
      records.push({ ...sample, file });
    }
    writeFileAtomically(join(folder, `${split}.json`), `${JSON.stringify(records)}\n`);
  }
}
