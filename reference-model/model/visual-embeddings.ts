/** The visual path of the model, from normalised pixels to the embeddings that stand in front of the text. */
import * as tf from '@tensorflow/tfjs-core';
import { connect } from './connector.js';
import type { Model } from './model.js';
import { encodeImages } from './vision-encoder.js';

/** Normalised pixels of square images, one after the other. */
export interface ImageBatch {
  readonly imageCount: number;
  readonly imageSize: number;
  readonly pixels: Float32Array; // [imageCount, imageSize, imageSize, 3]
}

/** [N, imageSize, imageSize, 3] on the engine. */
export function pixelTensor({ imageCount, imageSize, pixels }: ImageBatch): tf.Tensor4D {
  return tf.tensor4d(pixels, [imageCount, imageSize, imageSize, 3]);
}

/**
 * @returns [N, V, D]: V visual tokens of each image, of the language model's width
 * @throws ShapeError
 */
export function visualEmbeddings(model: Model, images: ImageBatch): tf.Tensor {
  return connect(model, encodeImages(model, pixelTensor(images)));
}
