/** The tokenizer of a run: the embedded one, or one that is trained on the texts that the run learns from. */
import type { DataSet } from '../data/dataset.js';
import { loadTokenizer, type Tokenizer } from '../data/tokenizer/load-tokenizer.js';
import { trainTokenizer } from '../data/tokenizer/train-tokenizer.js';
import type { RunConfig } from '../recipe/recipe.js';
import { modelTokenizer } from './model-tokenizer.js';
import { type DataSets, requireDataSet } from './stage-data.js';

/** One process may perform several runs on the same data. */
const trained = new WeakMap<DataSet, Map<number, Tokenizer>>();

/**
 * @param dataSets with the one that the run is evaluated on
 * @throws RangeError for a vocabulary without room for the 256 bytes
 */
export function runTokenizer(
  { data, model, tokenizer }: Pick<RunConfig, 'data' | 'model' | 'tokenizer'>,
  dataSets: DataSets,
): Tokenizer {
  const { vocabularySize } = model.language;
  switch (tokenizer) {
    case undefined:
      return modelTokenizer(vocabularySize);
    case 'byte-pairs':
      return bytePairTokenizer(requireDataSet(dataSets, data.name), vocabularySize);
    default:
      return tokenizer satisfies never;
  }
}

/** Byte pairs of the captions, questions and answers of the training split. */
function bytePairTokenizer(dataSet: DataSet, vocabularySize: number): Tokenizer {
  const ofDataSet = trained.get(dataSet) ?? new Map<number, Tokenizer>();
  trained.set(dataSet, ofDataSet);
  const known = ofDataSet.get(vocabularySize) ?? loadTokenizer(trainTokenizer(trainingTexts(dataSet), vocabularySize));
  ofDataSet.set(vocabularySize, known);
  return known;
}

function* trainingTexts({ splits }: DataSet): Generator<string> {
  for (const { humanCaptions, aiCaptions, questions } of splits.train) {
    yield* humanCaptions;
    yield* aiCaptions;
    for (const { question, answer } of questions) yield* [question, answer];
  }
}
