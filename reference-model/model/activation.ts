/** The nonlinearities that a configuration may name. */
import type * as tf from '@tensorflow/tfjs-core';
import { exactGelu } from '../ops/exact-gelu.js';
import { gelu } from '../ops/gelu.js';
import { quickGelu } from '../ops/quick-gelu.js';
import type { Activation } from './config.js';

/** Elementwise. */
export function activate(x: tf.Tensor, activation: Activation = 'gelu-tanh'): tf.Tensor {
  switch (activation) {
    case 'gelu-tanh':
      return gelu(x);
    case 'gelu':
      return exactGelu(x);
    case 'quick-gelu':
      return quickGelu(x);
    default:
      return activation satisfies never;
  }
}
