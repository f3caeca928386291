/**
 * AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101) with moments keyed by parameter name, so that they survive a checkpoint
 * and cannot be mismatched when a stage trains other parts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { TensorSource, TensorSources } from '../checkpoint/tensor-file.js';
import { adamW } from '../ops/adam-w.js';
import type { Optimizer } from '../recipe/recipe.js';

interface Moments {
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
}

/** A parameter at the moment of its update. */
export interface ParameterUpdate {
  readonly name: string;
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly learningRate: number;
  /** Whether weight decay applies. */
  readonly decay: boolean;
}

const FIRST = 'first_moment:';
const SECOND = 'second_moment:';

export class AdamW {
  readonly #options: Optimizer;
  readonly #moments = new Map<string, Moments>();
  #updates = 0;
  #beta1Power = 1;
  #beta2Power = 1;

  constructor(options: Optimizer) {
    this.#options = options;
  }

  /** Updates made since the moments were zero. */
  readUpdates(): number {
    return this.#updates;
  }

  /** Begins an update: the parameters of one step share its bias corrections. */
  beginUpdate(): void {
    this.#updates += 1;
    this.#beta1Power *= this.#options.beta1;
    this.#beta2Power *= this.#options.beta2;
  }

  /**
   * The parameter after the update, as a new tensor; consumes nothing.
   * @param norm of all gradients of the step, by which they are clipped
   */
  updated({ name, parameter, gradient, learningRate, decay }: ParameterUpdate, norm: number): tf.Tensor {
    const { beta1, beta2, epsilon, weightDecay, clipNorm } = this.#options;
    const { first, second } = this.#moments.get(name) ?? {
      first: tf.zeros(parameter.shape),
      second: tf.zeros(parameter.shape),
    };
    const after = adamW(
      { parameter, gradient, firstMoment: first, secondMoment: second },
      {
        learningRate,
        beta1,
        beta2,
        epsilon,
        weightDecay: decay ? weightDecay : 0,
        biasCorrection1: 1 - this.#beta1Power,
        biasCorrection2: 1 - this.#beta2Power,
        gradientScale: norm > clipNorm ? clipNorm / norm : 1,
      },
    );
    tf.dispose([first, second]);
    this.#moments.set(name, { first: after.firstMoment, second: after.secondMoment });
    return after.parameter;
  }

  /** The moments, each read from the engine when it is written. */
  sources(): TensorSources {
    const source = (tensor: tf.Tensor): TensorSource => ({
      dtype: 'F32',
      shape: tensor.shape,
      read: () => tensor.dataSync<'float32'>() as Float32Array,
    });
    return new Map(
      [...this.#moments].flatMap(([name, { first, second }]) => [
        [FIRST + name, source(first)] as const,
        [SECOND + name, source(second)] as const,
      ]),
    );
  }

  /** Continues from the moments of a checkpoint taken after so many updates. */
  restore(moments: TensorSources, updates: number): void {
    this.reset();
    const tensorOf = ({ shape, read }: TensorSource): tf.Tensor => tf.tensor(read(), [...shape]);
    for (const [key, source] of moments) {
      if (!key.startsWith(FIRST)) continue;
      const name = key.slice(FIRST.length);
      this.#moments.set(name, { first: tensorOf(source), second: tensorOf(moments.get(SECOND + name)!) });
    }
    // One by one, as they were made: the same rounding, hence the same bits.
    for (let update = 0; update < updates; update++) this.beginUpdate();
  }

  /** Forgets moments and updates. */
  reset(): void {
    for (const { first, second } of this.#moments.values()) tf.dispose([first, second]);
    this.#moments.clear();
    this.#updates = 0;
    this.#beta1Power = 1;
    this.#beta2Power = 1;
  }
}
