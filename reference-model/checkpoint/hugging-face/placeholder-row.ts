/**
 * A row of the embeddings for the placeholder of images, where a language model knew none. Our own model looks up no placeholder, but the
 * class of `transformers` looks up every token before it puts visual tokens in their places. The new row is the mean of all others: its score
 * is the mean of all scores, so that it is never the highest. A head that is not tied gets the same.
 */
import type { LanguageConfig, ModelConfig } from '../../model/config.js';
import { OUTPUT_HEAD, TOKEN_TABLE } from '../../model/parameters.js';
import type { TensorSource, TensorSources } from '../tensor-file.js';

/** @param image id of the placeholder */
export const lacksRow = ({ vocabularySize }: LanguageConfig, image: number): boolean => image >= vocabularySize;

/** The model and its tensors with rows up to that of the placeholder. */
export function withPlaceholderRow(
  model: ModelConfig,
  tensors: TensorSources,
  image: number,
): { readonly model: ModelConfig; readonly tensors: TensorSources } {
  const rows = image + 1;
  const lengthened = [...tensors].map(([name, source]) => {
    const isTable = name === TOKEN_TABLE || name === `${OUTPUT_HEAD}.weight`;
    return [name, isTable ? withMeanRows(source, rows) : source] as const;
  });
  return { model: { ...model, language: { ...model.language, vocabularySize: rows } }, tensors: new Map(lengthened) };
}

function withMeanRows({ dtype, shape, read }: TensorSource, rows: number): TensorSource {
  const [known, width] = shape as [number, number];
  return {
    dtype,
    shape: [rows, width],
    read: () => {
      const values = read() as Float32Array;
      const mean = new Float64Array(width);
      for (let i = 0; i < values.length; i++) mean[i % width]! += values[i]! / known;
      const lengthened = new Float32Array(rows * width);
      lengthened.set(values);
      for (let row = known; row < rows; row++) lengthened.set(mean, row * width);
      return lengthened;
    },
  };
}
