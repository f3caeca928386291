/** Cards and verifications of data sets, as lines and as JSON. */
import type { DataFile, DataSetCard } from '../../reference-model/data/card.js';
import type { SourceVerification } from '../../reference-model/data/verification/verify-source.js';

/** Of each kind of duplicate so many are worth reading on a terminal. */
const SHOWN = 10;

interface Description {
  readonly card: DataSetCard;
  readonly root?: string;
  readonly missing?: readonly DataFile[];
}

export function cardLines({ card, root, missing }: Description): readonly string[] {
  const counts = Object.entries(card.splits).map(([split, stated]) => {
    const parts = Object.entries(stated).map(([what, count]) => `${count} ${what}`);
    return `  ${split}: ${parts.join(', ')}`;
  });
  return [
    card.name,
    card.description,
    `licence: ${card.license}`,
    `source: ${card.source}`,
    ...(counts.length === 0 ? [] : ['splits:', ...counts]),
    ...(card.countsFrom === undefined ? [] : [`counts from: ${card.countsFrom}`]),
    ...(card.fingerprint === undefined ? [] : [`fingerprint: ${card.fingerprint}`]),
    ...(card.files.length === 0 ? [] : ['files below the data root:', ...card.files.map(fileLine)]),
    ...(missing === undefined || root === undefined ? [] : missingLines(missing, root)),
  ];
}

const fileLine = ({ path, holds, from }: DataFile): string => `  ${path}\t${holds}\t${from}`;

function missingLines(missing: readonly DataFile[], root: string): readonly string[] {
  if (missing.length === 0) return [`nothing is missing in ${root}`];
  return [`missing in ${root}:`, ...missing.map(fileLine)];
}

interface Verified {
  readonly verification: SourceVerification;
  readonly without?: { readonly images: number; readonly file: string; readonly fingerprint: string };
}

export function verificationDocument({ verification, without }: Verified): object {
  return { ...verification, ...(without === undefined ? {} : { withoutDuplicates: without }) };
}

export function verificationLines({ verification, without }: Verified): readonly string[] {
  const { name, fingerprint, splits, duplicates, overlaps } = verification;
  const images = (['exact', 'perceptual'] as const).flatMap((kind) => {
    const groups = duplicates.filter((group) => group.kind === kind);
    return listed(
      `groups of images that are ${kind === 'exact' ? 'the same' : 'alike to the eye'}`,
      groups.map((group) => group.images.map(({ split, imageId }) => `${imageId} (${split})`).join(', ')),
    );
  });
  const texts = overlaps.map(
    (overlap) =>
      `${overlap.imageId} (${overlap.split}), ${overlap.otherImageId} (${overlap.otherSplit}): ${overlap.words}`,
  );
  return [
    `${name}\tas its card says, fingerprint ${fingerprint}`,
    ...Object.entries(splits).map(
      ([split, counts]) =>
        `${split}\t${Object.entries(counts)
          .filter(([what, count]) => what === 'images' || count > 0)
          .map(([what, count]) => `${count} ${what}`)
          .join('\t')}`,
    ),
    ...images,
    ...listed('pairs of images whose texts share 13 words in a row', texts),
    ...(without === undefined
      ? []
      : [`without ${without.images} duplicates (${without.file})\tfingerprint ${without.fingerprint}`]),
  ];
}

function listed(what: string, items: readonly string[]): readonly string[] {
  if (items.length === 0) return [];
  const rest = items.length - SHOWN;
  return [
    `${items.length} ${what}:`,
    ...items.slice(0, SHOWN).map((item) => `  ${item}`),
    ...(rest > 0 ? [`  and ${rest} more, all with --json`] : []),
  ];
}
