/** How files of predictions are laid out: a list of layouts is tried in order, and the first that recognises a file's content reads it. */
import { type Content, type Place, unwrapped } from '../../reference-model/data/layouts/content.js';
import { type Fields, refusal, requireObject } from '../../reference-model/data/layouts/fields.js';
import { unknownLayout } from '../../reference-model/data/layouts/reference-layouts.js';
import { strictly } from '../files/read-input.js';
import { readContent } from './read-content.js';
import type { Reading } from './rows.js';

export interface PredictionLayout<Prediction> {
  /** As messages call it. */
  readonly name: string;
  recognises(content: Content): boolean;
  read(content: Content): readonly Prediction[];
}

export interface PredictedFile<Prediction> {
  /** Name of the layout. */
  readonly layout: string;
  readonly predictions: readonly Prediction[];
}

/**
 * @param wrappers names of lists that may stand in an object of their own
 * @throws UserError or InputError naming file, record and field
 */
export async function readPredictedFile<Prediction>(
  file: string,
  {
    layouts,
    wrappers,
  }: { readonly layouts: readonly PredictionLayout<Prediction>[]; readonly wrappers: readonly string[] },
  reading: Reading,
): Promise<PredictedFile<Prediction>> {
  const given = await readContent(file, reading);
  return strictly(() => {
    for (const content of [given, unwrapped(given, wrappers)]) {
      if (content.kind === 'records' && content.records.length === 0) throw nothingIn(file);
      const layout = layouts.find((one) => one.recognises(content));
      if (layout === undefined) continue;
      const predictions = layout.read(content);
      if (predictions.length === 0) throw nothingIn(file);
      return { layout: layout.name, predictions };
    }
    throw unknownLayout(
      given,
      'predictions',
      layouts.map(({ name }) => name),
    );
  });
}

const nothingIn = (file: string) => refusal('the file holds no prediction', file, 'at least one prediction');

/** Reads every record of a content that holds records. */
export function eachRecord<Prediction extends { readonly where: Place }>(
  content: Content,
  read: (fields: Fields, where: Place) => Omit<Prediction, 'where'>,
): readonly (Omit<Prediction, 'where'> & { readonly where: Place })[] {
  if (content.kind !== 'records') throw new TypeError('records are read from records');
  return content.records.map(({ value, where }) => ({ ...read(requireObject(value, where), where), where }));
}
