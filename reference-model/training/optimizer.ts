/**
 * AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101) with moments keyed by parameter name, so that they survive a checkpoint
 * and cannot be mismatched when a stage trains other parts. Gradients are clipped by their global norm.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Part } from '../model/config.js';
import type { Parameter } from '../model/parameters.js';
import { adamW } from '../ops/adam-w.js';
import { squaredNorm } from '../ops/squared-norm.js';
import type { Optimizer } from '../recipe/recipe.js';

interface Moments {
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
}

interface MomentValues {
  readonly shape: readonly number[];
  readonly first: () => Float32Array;
  readonly second: () => Float32Array;
}

/** A trainable parameter with its gradient of this step. */
export interface ParameterGradient {
  readonly parameter: Parameter;
  readonly gradient: tf.Tensor;
}

/** √Σ‖g‖² over all gradients, summed in the order given. */
export function globalNorm(gradients: readonly ParameterGradient[]): number {
  let sum = 0;
  for (const { gradient } of gradients) {
    const square = squaredNorm(gradient);
    sum += square.dataSync()[0]!;
    square.dispose();
  }
  return Math.sqrt(sum);
}

export class AdamW {
  readonly #options: Optimizer;
  readonly #moments = new Map<string, Moments>();
  #updates = 0;
  #beta1Power = 1;
  #beta2Power = 1;

  constructor(options: Optimizer) {
    this.#options = options;
  }

  /** Updates every given parameter in place, at its part's learning rate, and consumes nothing. */
  apply(
    gradients: readonly ParameterGradient[],
    learningRate: Readonly<Partial<Record<Part, number>>>,
    norm: number,
  ): void {
    const { beta1, beta2, epsilon, weightDecay, clipNorm } = this.#options;
    this.#updates += 1;
    this.#beta1Power *= beta1;
    this.#beta2Power *= beta2;
    const gradientScale = norm > clipNorm ? clipNorm / norm : 1;
    for (const { parameter, gradient } of gradients) {
      const moments = this.#momentsOf(parameter);
      const updated = adamW(
        { parameter: parameter.variable, gradient, firstMoment: moments.first, secondMoment: moments.second },
        {
          learningRate: learningRate[parameter.part] ?? 0,
          beta1,
          beta2,
          epsilon,
          weightDecay: parameter.decay ? weightDecay : 0,
          biasCorrection1: 1 - this.#beta1Power,
          biasCorrection2: 1 - this.#beta2Power,
          gradientScale,
        },
      );
      parameter.variable.assign(updated.parameter);
      tf.dispose([updated.parameter, moments.first, moments.second]);
      this.#moments.set(parameter.name, { first: updated.firstMoment, second: updated.secondMoment });
    }
  }

  /** Updates made since the moments were zero. */
  get updates(): number {
    return this.#updates;
  }

  /** The moments of each parameter, read from the engine when they are asked for. */
  state(): ReadonlyMap<string, MomentValues> {
    return new Map(
      [...this.#moments].map(([name, { first, second }]) => [
        name,
        {
          shape: first.shape,
          first: () => first.dataSync<'float32'>() as Float32Array,
          second: () => second.dataSync<'float32'>() as Float32Array,
        },
      ]),
    );
  }

  /** Continues from the moments of a checkpoint taken after so many updates. */
  restore(state: ReturnType<AdamW['state']>, updates: number): void {
    this.dispose();
    for (const [name, { shape, first, second }] of state) {
      this.#moments.set(name, { first: tf.tensor(first(), [...shape]), second: tf.tensor(second(), [...shape]) });
    }
    // Multiplied one by one, as in `apply`: the same rounding, hence the same bits.
    this.#beta1Power = 1;
    this.#beta2Power = 1;
    this.#updates = updates;
    for (let update = 0; update < updates; update++) {
      this.#beta1Power *= this.#options.beta1;
      this.#beta2Power *= this.#options.beta2;
    }
  }

  dispose(): void {
    for (const { first, second } of this.#moments.values()) tf.dispose([first, second]);
    this.#moments.clear();
  }

  #momentsOf(parameter: Parameter): Moments {
    const known = this.#moments.get(parameter.name);
    if (known) return known;
    const { shape } = parameter.variable;
    return { first: tf.zeros(shape), second: tf.zeros(shape) };
  }
}
