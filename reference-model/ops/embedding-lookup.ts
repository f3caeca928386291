/**
 * Rows of a table by id, with a gradient that touches only the rows looked up (the stock one scans the whole vocabulary).
 * The model also uses it to merge visual tokens into text and to pick the positions whose logits are needed.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { type EmbeddingAttributes, FusedKernel } from './kernels.js';
import { expectRank, expectShape } from './shape-error.js';

/**
 * @param table [V, C]
 * @param ids int32 [..], each in 0 … V − 1
 * @returns [.., C]
 * @throws ShapeError, or an error naming the id that is out of range
 */
export function embeddingLookup(table: tf.Tensor, ids: tf.Tensor): tf.Tensor {
  expectRank('embeddingLookup', 'table', table, 2);
  expectShape('embeddingLookup', 'ids', ids, ids.shape, 'int32');
  const attributes: EmbeddingAttributes = { vocabularySize: table.shape[0]! };
  return runFusedKernel(FusedKernel.EmbeddingLookup, { table, ids }, attributes)[0]!;
}

function checkIds(ids: tf.Tensor, vocabularySize: number): void {
  for (const id of ids.dataSync<'int32'>()) {
    if (id < 0 || id >= vocabularySize) {
      throw new RangeError(`embeddingLookup: id ${id} is outside the table of ${vocabularySize} rows.`);
    }
  }
}

export const embeddingLookupOperation: FusedOperation = {
  kernels: [
    {
      name: FusedKernel.EmbeddingLookup,
      composite: ({ table, ids }) => {
        checkIds(ids!, table!.shape[0]!);
        return tf.gather(table!, ids!);
      },
    },
    {
      name: FusedKernel.EmbeddingGradient,
      composite: ({ outputGradient, ids }, { vocabularySize }: EmbeddingAttributes) => {
        const channels = outputGradient!.shape.at(-1)!;
        // scatterND adds the rows of repeated ids.
        return tf.scatterND(tf.reshape(ids!, [-1, 1]), tf.reshape(outputGradient!, [-1, channels]), [
          vocabularySize,
          channels,
        ]);
      },
    },
  ],
  gradients: [
    {
      name: FusedKernel.EmbeddingLookup,
      savedInputs: ['ids'],
      gradient: (outputGradient, [ids], attributes: EmbeddingAttributes) => ({
        table: () => runFusedKernel(FusedKernel.EmbeddingGradient, { outputGradient, ids: ids! }, attributes)[0]!,
      }),
    },
  ],
};
