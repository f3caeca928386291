/**
 * How the model of a run reads, kept in its record so that it can be asked without data set and weights: `tokenizer.json` of a run that
 * trained a tokenizer for itself, `reading.json` (tokenizer, chat template, image processor) of one that started from weights of the hub.
 * Runs with the embedded tokenizer have neither.
 */

import { type HubReading, hubReader } from '../../reference-model/data/chat/hub-reader.js';
import type { ModelReader } from '../../reference-model/data/chat/model-reader.js';
import { loadEmbeddedTokenizer, loadTokenizer } from '../../reference-model/data/tokenizer/load-tokenizer.js';
import { requireRows } from '../../reference-model/data/tokenizer/token-rows.js';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { trainedTokenizer } from '../../reference-model/training/run-tokenizer.js';
import type { DataSets } from '../../reference-model/training/stage-data.js';
import { readJson, strictly } from '../files/read-input.js';
import { type RunPaths, runPathsIn } from './run-paths.js';

/** @param reading of the weights that the run started from, where they are the hub's */
export function recordReader(
  { tokenizer, reading: file }: Pick<RunPaths, 'tokenizer' | 'reading'>,
  config: RunConfig,
  { data, reading }: { readonly data: DataSets; readonly reading: HubReading | undefined },
): void {
  const content = trainedTokenizer(config, data);
  if (content !== undefined) writeFileAtomically(tokenizer, `${JSON.stringify(content)}\n`);
  if (config.tokenizer === 'pretrained') writeFileAtomically(file, `${JSON.stringify(reading)}\n`);
}

/** @param folder of a finished record @throws DataError or UserError for a file that is missing or damaged, or of another model */
export function recordedReader(folder: string, { tokenizer, model }: RunConfig): ModelReader {
  const paths = runPathsIn(folder);
  const withRows = (reader: ModelReader, tokenizerFile: string): ModelReader => {
    const { vocabularySize: tokens, special } = reader;
    const { vocabularySize: rows } = model.language;
    requireRows({ tokens, tokenizerFile, rows, modelFile: paths.config, placeholder: special.image });
    return reader;
  };
  switch (tokenizer) {
    case undefined:
      return loadEmbeddedTokenizer({ vocabularySize: model.language.vocabularySize });
    case 'byte-pairs':
      return strictly(() => withRows(loadTokenizer(paths.tokenizer), paths.tokenizer));
    case 'pretrained':
      // Its digest stands in the record, so that it is what was written.
      return strictly(() => withRows(hubReader(recordedReading(paths), paths.reading), paths.reading));
    default:
      return tokenizer satisfies never;
  }
}

/** What a run that started from weights of the hub reads with. @throws UserError for a file that is missing or damaged */
export const recordedReading = ({ reading }: Pick<RunPaths, 'reading'>): HubReading => readJson(reading) as HubReading;
