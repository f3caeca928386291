/**
 * Which of the names of an image predictions use. Files name one image in several ways (a number, a position in a split, a file name with
 * or without folders, ending and zeros); a naming is right only if it explains every prediction, and where two do and mean other
 * images, nobody but the user can say which one is meant.
 */

import type { Place } from '../../reference-model/data/layouts/content.js';
import type { ImageNames } from '../../reference-model/data/layouts/image-names.js';
import { UserError } from '../errors.js';
import { count } from '../files/counted.js';

interface Named {
  readonly names: ImageNames;
}

/** How names are compared. */
interface Form {
  readonly words: string;
  /** The part of a name that is compared; undefined where it has none. */
  of(name: string): string | undefined;
}

export interface Naming {
  /** Field of the predictions, and field of the references. */
  readonly prediction: string;
  readonly image: string;
  readonly form: Form;
}

export interface ImageMatch {
  readonly naming: Naming;
  /** Index of the image of each prediction; −1 where there is none. */
  readonly images: Int32Array;
  /** What a careful reader should know about the choice. */
  readonly note?: string;
}

const ENDING = /\.[A-Za-z]\w{1,4}$/;
const withoutFolders = (name: string): string =>
  name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
const stem = (name: string): string => withoutFolders(name).replace(ENDING, '');

/** From strict to loose: a looser form counts only where no stricter one explains the predictions. */
const FORMS: readonly Form[] = [
  { words: '', of: (name) => name },
  { words: 'without folders', of: withoutFolders },
  { words: 'without folders and ending', of: stem },
  { words: 'by the number at its end', of: (name) => /(?:^|_)0*(\d+)$/.exec(stem(name))?.[1] },
];

/** Predictions that are looked at before all of them are. */
const SAMPLE = 20;

type FieldPair = Pick<Naming, 'prediction' | 'image'>;

/** Numbers of rows mean nothing in another file, so they are names only of each other. */
const POSITIONS = new Set(['doc_id', 'index']);

/**
 * @param imageKey field whose names are meant, of the references or of the predictions
 * @throws UserError `usage` for two namings that explain all predictions and mean other images, and for an unknown `imageKey`
 */
export function matchImages(
  images: readonly Named[],
  predictions: readonly Named[],
  { imageKey, where }: { readonly imageKey?: string | undefined; readonly where: string },
): ImageMatch {
  const pairs = fieldPairs(fieldsOf(images), fieldsOf(predictions), imageKey, where);
  const explaining = (form: Form, among = pairs): readonly ImageMatch[] =>
    among.flatMap((pair) => {
      if (!knowsFirst(images, predictions[0], { ...pair, form })) return [];
      const match = matchBy(images, predictions, { ...pair, form });
      return match !== undefined && explainsAll(match, images.length) ? [match] : [];
    });
  let strictest: readonly ImageMatch[] = [];
  for (const form of FORMS) {
    strictest = explaining(form);
    if (strictest.length > 0) break;
  }
  const [chosen, ...others] = strictest;
  if (chosen === undefined) return bestOf(images, predictions, pairs);
  const rival = others.find((match) => !isSame(match.images, chosen.images));
  if (rival !== undefined) throw ambiguous(chosen.naming, rival.naming, predictions.length, where);
  const looser = imageKey === undefined ? looserReading(chosen, { images, predictions, pairs, explaining }) : undefined;
  if (looser === undefined) return chosen;
  return {
    ...chosen,
    note: `images are named by ${namingText(chosen.naming)}; by ${namingText(looser.naming)} the predictions would mean other images (--image-key tells which is meant)`,
  };
}

/** The numbers in file names as a reading of predictions that are taken for other names: a mistake that no error would betray. */
function looserReading(
  { naming, images: found }: ImageMatch,
  {
    images,
    predictions,
    pairs,
    explaining,
  }: {
    readonly images: readonly Named[];
    readonly predictions: readonly Named[];
    readonly pairs: readonly FieldPair[];
    readonly explaining: (form: Form, among: readonly FieldPair[]) => readonly ImageMatch[];
  },
): ImageMatch | undefined {
  const form = FORMS.at(-1)!;
  const disagrees = (pair: FieldPair): boolean =>
    predictions
      .slice(0, SAMPLE)
      .some(
        ({ names }, index) =>
          form.of(names[pair.prediction] ?? '') !== form.of(images[found[index]!]!.names[pair.image] ?? ''),
      );
  const others = pairs.filter(
    (pair) => pair.prediction === naming.prediction && pair.image !== naming.image && disagrees(pair),
  );
  return explaining(form, others).find((match) => !isSame(match.images, found));
}

/** Spares most of the work for names that explain nothing. */
function knowsFirst(images: readonly Named[], first: Named | undefined, { prediction, image, form }: Naming): boolean {
  const key = form.of(first?.names[prediction] ?? '');
  return key !== undefined && images.some(({ names }) => form.of(names[image] ?? '') === key);
}

/** Words for a naming. */
export function namingText({ prediction, image, form }: Naming): string {
  const fields = prediction === image ? image : `${image} (${prediction} of the predictions)`;
  return form.words === '' ? fields : `${fields} ${form.words}`;
}

/** Undefined where two images share the part of their name that a prediction uses. */
function matchBy(images: readonly Named[], predictions: readonly Named[], naming: Naming): ImageMatch | undefined {
  const { form } = naming;
  const uses = new Map<string, number[]>();
  for (let prediction = 0; prediction < predictions.length; prediction++) {
    const name = predictions[prediction]!.names[naming.prediction];
    const key = name === undefined ? undefined : form.of(name);
    if (key === undefined) continue;
    const group = uses.get(key);
    if (group === undefined) uses.set(key, [prediction]);
    else group.push(prediction);
  }
  const found = new Int32Array(predictions.length).fill(-1);
  if (uses.size === 0) return { naming, images: found };
  for (let image = 0; image < images.length; image++) {
    const name = images[image]!.names[naming.image];
    const key = name === undefined ? undefined : form.of(name);
    const group = key === undefined ? undefined : uses.get(key);
    if (group === undefined) continue;
    if (found[group[0]!]! >= 0) return undefined;
    for (const prediction of group) found[prediction] = image;
  }
  return { naming, images: found };
}

/** Every prediction has an image, and each one its own. */
function explainsAll({ images: found }: ImageMatch, images: number): boolean {
  const isUsed = new Uint8Array(images);
  for (const image of found) {
    if (image < 0 || isUsed[image] === 1) return false;
    isUsed[image] = 1;
  }
  return true;
}

/** The naming that explains most, for a message on what it does not explain. */
function bestOf(images: readonly Named[], predictions: readonly Named[], pairs: readonly FieldPair[]): ImageMatch {
  const matches = FORMS.flatMap((form) => pairs.map((pair) => matchBy(images, predictions, { ...pair, form })));
  let best: ImageMatch | undefined;
  let most = -1;
  for (const match of matches) {
    if (match === undefined) continue;
    const known = match.images.reduce((sum, image) => sum + (image >= 0 ? 1 : 0), 0);
    if (known > most) [best, most] = [match, known];
  }
  const [pair = { prediction: 'image_id', image: 'image_id' }] = pairs;
  return best ?? { naming: { ...pair, form: FORMS[0]! }, images: new Int32Array(predictions.length).fill(-1) };
}

function fieldPairs(
  imageFields: readonly string[],
  predictionFields: readonly string[],
  imageKey: string | undefined,
  where: string,
): readonly FieldPair[] {
  if (imageKey !== undefined && !imageFields.includes(imageKey) && !predictionFields.includes(imageKey)) {
    throw new UserError({
      code: 'usage',
      what: `there is no name ${JSON.stringify(imageKey)} of images`,
      where: '--image-key',
      expected: `a field of the references (${imageFields.join(', ')}) or of the predictions (${predictionFields.join(', ')})`,
      fix: `name one of these for ${where}`,
    });
  }
  return predictionFields.flatMap((prediction) =>
    imageFields.flatMap((image) => {
      const isWanted =
        imageKey === undefined || image === imageKey || (prediction === imageKey && !imageFields.includes(imageKey));
      const isPair = prediction === image || (!POSITIONS.has(prediction) && !POSITIONS.has(image));
      return isWanted && isPair ? [{ prediction, image }] : [];
    }),
  );
}

function fieldsOf(named: readonly Named[]): readonly string[] {
  const fields = new Set<string>();
  for (const { names } of named) for (const field in names) fields.add(field);
  return [...fields];
}

function isSame(left: Int32Array, right: Int32Array): boolean {
  return left.every((image, index) => image === right[index]);
}

function ambiguous(first: Naming, second: Naming, predictions: number, where: string): UserError {
  const [one, other] =
    first.image === second.image ? [first.prediction, second.prediction] : [first.image, second.image];
  return new UserError({
    code: 'usage',
    what: `all ${count(predictions, 'prediction')} can be names of images by ${namingText(first)} and by ${namingText(second)}, and mean other images`,
    where,
    expected: 'one of the two',
    fix: `add --image-key ${one} or --image-key ${other}`,
  });
}

/** @throws UserError `data-invalid` where two predictions are for one image */
export function requireOneEach(
  { images, naming }: ImageMatch,
  predictions: readonly (Named & { readonly where: Place })[],
): void {
  const seen = new Set<number>();
  images.forEach((image, index) => {
    if (image < 0) return;
    const { names, where } = predictions[index]!;
    if (seen.has(image)) {
      throw new UserError({
        code: 'data-invalid',
        what: `image ${names[naming.prediction]} is predicted twice`,
        where: String(where),
        expected: 'one prediction per image',
        fix: 'correct the record',
      });
    }
    seen.add(image);
  });
}
