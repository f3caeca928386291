/**
 * `tokenizer.json`: the tokenizer that a run trained for itself, so that its model can be asked without the data set. Runs with the embedded
 * tokenizer have no such file.
 */

import {
  loadEmbeddedTokenizer,
  loadTokenizer,
  type Tokenizer,
} from '../../reference-model/data/tokenizer/load-tokenizer.js';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { trainedTokenizer } from '../../reference-model/training/run-tokenizer.js';
import type { DataSets } from '../../reference-model/training/stage-data.js';
import { type RunPaths, runPathsIn } from './run-paths.js';

/** Keeps the tokenizer of a run that has one of its own. */
export function recordTokenizer({ tokenizer }: Pick<RunPaths, 'tokenizer'>, config: RunConfig, data: DataSets): void {
  const content = trainedTokenizer(config, data);
  if (content !== undefined) writeFileAtomically(tokenizer, `${JSON.stringify(content)}\n`);
}

/** @param folder of a finished record @throws DataError for a file that is missing or damaged */
export function recordedTokenizer(folder: string, { tokenizer, model }: RunConfig): Tokenizer {
  if (tokenizer !== undefined) return loadTokenizer(runPathsIn(folder).tokenizer);
  return loadEmbeddedTokenizer({ vocabularySize: model.language.vocabularySize });
}
