/**
 * The norm behind a vision encoder as one more layer of it. LLaVA takes its features in front of that norm, and no field of its configuration
 * says otherwise; but a layer can compute it: with attention silenced its output is x + W₂·gelu(W₁·norm(x)), and gelu(z) − gelu(−z) = z
 * for every form of GELU, so that W₁ = [I; −I] and W₂ = s·[I, −I] give x + s·norm(x). The scale s is a power of two so large that
 * x vanishes in float32 beside it; the connector divides by it, which is exact.
 */
import type { VisionConfig } from '../../model/config.js';
import { CONNECTOR_PREFIX, VISION_PREFIX } from '../../model/parameters.js';
import type { TensorSource, TensorSources } from '../tensor-file.js';

/** Beyond the precision of float32 (2²⁴) for features up to some thousands, far from its largest number (2¹²⁸). */
const NORM_SCALE = 2 ** 40;

/** Width of the layers that can hold the norm. */
export const widthWithNorm = ({ hiddenSize, intermediateSize }: VisionConfig): number =>
  Math.max(intermediateSize, 2 * hiddenSize);

/** The tensors of a model whose encoder ends in a norm, as those of one that has a layer in its place. */
export function withFinalNormLayer(vision: VisionConfig, tensors: TensorSources): TensorSources {
  const { hiddenSize: width, intermediateSize, layers } = vision;
  const inner = widthWithNorm(vision);
  const result = new Map(tensors);
  const replace = (name: string, change: (source: TensorSource) => TensorSource): void => {
    result.set(name, change(tensors.get(name)!));
  };
  for (let i = 0; i < layers && inner > intermediateSize; i++) {
    const mlp = `${VISION_PREFIX}.encoder.layers.${i}.mlp`;
    replace(`${mlp}.fc1.weight`, (source) => padded(source, [inner, width]));
    replace(`${mlp}.fc1.bias`, (source) => padded(source, [inner]));
    replace(`${mlp}.fc2.weight`, (source) => padded(source, [width, inner]));
  }
  replace(`${CONNECTOR_PREFIX}.linear_1.weight`, (source) => scaled(source, 1 / NORM_SCALE));
  const layer = `${VISION_PREFIX}.encoder.layers.${layers}`;
  for (const name of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) {
    result.set(
      `${layer}.self_attn.${name}.weight`,
      filled([width, width], () => 0),
    );
    result.set(
      `${layer}.self_attn.${name}.bias`,
      filled([width], () => 0),
    );
  }
  result.set(
    `${layer}.layer_norm1.weight`,
    filled([width], () => 1),
  );
  result.set(
    `${layer}.layer_norm1.bias`,
    filled([width], () => 0),
  );
  for (const kind of ['weight', 'bias']) {
    const name = `${VISION_PREFIX}.post_layernorm.${kind}`;
    result.set(`${layer}.layer_norm2.${kind}`, tensors.get(name)!);
    result.delete(name);
  }
  /** [I; −I; 0], by row and column. */
  const mirrored = (row: number, column: number): number => {
    if (row === column) return 1;
    return row === column + width ? -1 : 0;
  };
  result.set(
    `${layer}.mlp.fc1.weight`,
    filled([inner, width], (i) => mirrored(Math.floor(i / width), i % width)),
  );
  result.set(
    `${layer}.mlp.fc1.bias`,
    filled([inner], () => 0),
  );
  result.set(
    `${layer}.mlp.fc2.weight`,
    filled([width, inner], (i) => NORM_SCALE * mirrored(i % inner, Math.floor(i / inner))),
  );
  result.set(
    `${layer}.mlp.fc2.bias`,
    filled([width], () => 0),
  );
  return result;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** A tensor whose values follow from their places. */
export function filled(shape: readonly number[], valueAt: (index: number) => number): TensorSource {
  const read = (): Float32Array => Float32Array.from({ length: sizeOf(shape) }, (_, index) => valueAt(index));
  return { dtype: 'F32', shape, read };
}

/** A matrix or vector with zeros behind its rows and columns. */
function padded({ read, shape: from }: TensorSource, shape: readonly number[]): TensorSource {
  const [columns, wide] = [from.at(-1)!, shape.at(-1)!];
  return {
    dtype: 'F32',
    shape,
    read: () => {
      const values = new Float32Array(sizeOf(shape));
      const known = read() as Float32Array;
      for (let row = 0; row * columns < known.length; row++) {
        values.set(known.subarray(row * columns, (row + 1) * columns), row * wide);
      }
      return values;
    },
  };
}

const scaled = ({ read, shape }: TensorSource, factor: number): TensorSource => ({
  dtype: 'F32',
  shape,
  read: () => (read() as Float32Array).map((value) => value * factor),
});
