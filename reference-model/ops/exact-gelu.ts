/**
 * GELU by the error function itself (Hendrycks & Gimpel 2016, arXiv 1606.08415). No kernel of its own: stock operations that engines have
 * natively, with their gradients. The stock error function is not among them: on the CPU its bits depend on the JavaScript engine.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Abramowitz & Stegun 1964, equation 7.1.26: erf z = 1 − (a₁t + … + a₅t⁵)·e^(−z²), t = 1 / (1 + p·z), z ≥ 0, within 1.5e-7. */
const P = 0.3275911;
const COEFFICIENTS = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];

/** x·½(1 + erf(x/√2)), elementwise, within 1e-7·|x|. */
export function exactGelu(x: tf.Tensor): tf.Tensor {
  const z = tf.mul(tf.abs(x), Math.SQRT1_2);
  const t = tf.reciprocal(tf.add(tf.mul(z, P), 1));
  const polynomial = COEFFICIENTS.reduce<tf.Tensor | undefined>(
    (sum, coefficient) => tf.mul(sum === undefined ? coefficient : tf.add(sum, coefficient), t),
    undefined,
  )!;
  const tail = tf.mul(tf.mul(polynomial, 0.5), tf.exp(tf.neg(tf.square(z)))); // ½(1 − erf z)
  // x·Φ(x) = max(x, 0) − |x|·tail, for either sign of x.
  return tf.sub(tf.relu(x), tf.mul(tf.abs(x), tail));
}
