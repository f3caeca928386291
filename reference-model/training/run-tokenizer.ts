/** How a run reads texts and images: the embedded tokenizer, one that is trained on the texts that it learns from, or those of its weights. */
import type { ModelReader } from '../data/chat/model-reader.js';
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
 * @param pretrained what the weights come with, where the run's tokenizer is theirs
 * @throws RangeError for a vocabulary without room for the 256 bytes, or without what it is to be pretrained
 */
export function runTokenizer(config: TokenizedRun, dataSets: DataSets, pretrained?: ModelReader): ModelReader {
  const { tokenizer, model } = config;
  switch (tokenizer) {
    case undefined:
      return modelTokenizer(model.language.vocabularySize);
    case 'byte-pairs':
      return bytePairs(config, dataSets).tokenizer;
    case 'pretrained':
      if (pretrained === undefined) throw new RangeError('A run with the tokenizer of its weights was given none.');
      return pretrained;
    default:
      return tokenizer satisfies never;
  }
}

/** The content of the `tokenizer.json` of a run that trains one of its own; undefined for any other. */
export function trainedTokenizer(config: TokenizedRun, dataSets: DataSets): object | undefined {
  return config.tokenizer === 'byte-pairs' ? bytePairs(config, dataSets).content : undefined;
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
