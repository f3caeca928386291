/** The tokenizer of a run: the embedded one, or one that is trained on the texts that the run learns from. */
import type { DataSet } from '../data/dataset.js';
import { loadTokenizer, type Tokenizer } from '../data/tokenizer/load-tokenizer.js';
import { trainTokenizer } from '../data/tokenizer/train-tokenizer.js';
import type { RunConfig } from '../recipe/recipe.js';
import { modelTokenizer } from './model-tokenizer.js';
import { type DataSets, requireDataSet } from './stage-data.js';

type TokenizedRun = Pick<RunConfig, 'data' | 'model' | 'tokenizer'>;

interface Trained {
  /** Of a `tokenizer.json`. */
  readonly content: object;
  readonly tokenizer: Tokenizer;
}

/** By vocabulary: one process may perform several runs on the same data. */
const trained = new WeakMap<DataSet, Map<number, Trained>>();

/**
 * @param dataSets with the one that the run is evaluated on
 * @throws RangeError for a vocabulary without room for the 256 bytes
 */
export function runTokenizer(config: TokenizedRun, dataSets: DataSets): Tokenizer {
  const { tokenizer, model } = config;
  switch (tokenizer) {
    case undefined:
      return modelTokenizer(model.language.vocabularySize);
    case 'byte-pairs':
      return bytePairs(config, dataSets).tokenizer;
    default:
      return tokenizer satisfies never;
  }
}

/** The content of the `tokenizer.json` of a run that trains one of its own; undefined for any other. */
export function trainedTokenizer(config: TokenizedRun, dataSets: DataSets): object | undefined {
  return config.tokenizer === undefined ? undefined : bytePairs(config, dataSets).content;
}

/** Byte pairs of the captions, questions and answers of the training split. */
function bytePairs({ data, model }: TokenizedRun, dataSets: DataSets): Trained {
  const { vocabularySize } = model.language;
  const dataSet = requireDataSet(dataSets, data.name);
  const ofDataSet = trained.get(dataSet) ?? new Map<number, Trained>();
  trained.set(dataSet, ofDataSet);
  const known = ofDataSet.get(vocabularySize);
  if (known !== undefined) return known;
  const content = trainTokenizer(trainingTexts(dataSet), vocabularySize);
  const made = { content, tokenizer: loadTokenizer(content) };
  ofDataSet.set(vocabularySize, made);
  return made;
}

function* trainingTexts({ splits }: DataSet): Generator<string> {
  for (const { humanCaptions, aiCaptions, questions } of splits.train) {
    yield* humanCaptions;
    yield* aiCaptions;
    for (const { question, answer } of questions) yield* [question, answer];
  }
}
