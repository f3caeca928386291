/**
 * Blocks of the model that are computed again in the backward pass (Chen et al. 2016, arXiv 1604.06174): forward they run without
 * gradients and leave their output alone. libtorch's backward pass runs on threads that must not call JavaScript, so it stops at each
 * block's output, and the blocks are run through one by one, the last first.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { TorchBackend } from '../engines/torch/backend.js';

type Block = (hidden: tf.Tensor) => tf.Tensor;

interface Segment {
  readonly hidden: tf.Tensor;
  readonly block: Block;
  /** A leaf for what comes behind: its gradient is that of the block's output. */
  readonly output: tf.Tensor;
}

export class TorchSegments {
  readonly #backend: TorchBackend;
  #segments: Segment[] = [];
  /** Whether the block at hand has used a parameter that learns. */
  #learns = false;

  constructor(backend: TorchBackend) {
    this.#backend = backend;
  }

  /** Says that the block at hand uses a parameter that learns. */
  noteLearning(): void {
    this.#learns = true;
  }

  /** Runs a block forward, in the scope of the whole pass. */
  run(hidden: tf.Tensor, block: Block): tf.Tensor {
    const { torch } = this.#backend;
    this.#learns = false;
    torch.setGradients(false);
    let result: tf.Tensor;
    try {
      result = tf.tidy(() => block(hidden));
    } finally {
      torch.setGradients(true);
    }
    const needsGradient = this.#learns || torch.needsGradient(this.#backend.handleOf(hidden));
    if (!needsGradient) return result;
    torch.requireGradient(this.#backend.handleOf(result), true);
    this.#segments.push({ hidden, block, output: result });
    return result;
  }

  /** Goes back through all blocks, after the backward pass of what came behind them. */
  backward(): void {
    const { torch } = this.#backend;
    for (let segment = this.#segments.pop(); segment !== undefined; segment = this.#segments.pop()) {
      const { hidden, block, output } = segment;
      const gradient = torch.gradient(this.#backend.handleOf(output));
      output.dispose();
      tf.tidy(() => torch.backward(this.#backend.handleOf(block(hidden)), gradient));
      torch.free(gradient);
    }
  }

  /** Forgets the blocks of a pass that failed; their tensors are those of its scope. */
  reset(): void {
    this.#segments = [];
  }
}
