/**
 * What layers are made of, each one as the operations of ONNX that give the same numbers as `ops/` does. Activations are rows [N, D] between
 * layers, so that a projection is one Gemm with the matrix as checkpoints have it, [outputs, inputs].
 */
import type { Activation } from '../../model/config.js';
import type { TensorSource, TensorSources } from '../tensor-file.js';
import type { GraphBuilder } from './graph.js';
import { quantisedLinear, type WeightFormat } from './quantised-layers.js';

/** A graph in the making, and the weights that its layers ask for by name. */
export interface LayerContext {
  readonly graph: GraphBuilder;
  readonly tensors: TensorSources;
  readonly format: WeightFormat;
}

/** @throws Error when the checkpoint has no tensor of this name */
export function tensorNamed({ tensors }: Pick<LayerContext, 'tensors'>, name: string): TensorSource {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`There is no tensor named ${name}.`);
  return tensor;
}

/** A weight in float32, in its own shape or another one of equal size. */
export function weight(context: LayerContext, name: string, shape?: readonly number[]): string {
  return context.graph.tensor(name, tensorNamed(context, name), shape);
}

/** x·Wᵀ + b of rows. */
export function linear(context: LayerContext, x: string, name: string, { bias = true } = {}): string {
  return projection(context, x, `${name}.weight`, bias ? `${name}.bias` : undefined);
}

/** As `linear`, with a matrix that any name stands for. */
export function projection(context: LayerContext, x: string, matrix: string, bias?: string): string {
  const offset = bias === undefined ? undefined : weight(context, bias);
  const { graph, format } = context;
  if (format !== 'float32') {
    const named = { name: matrix, source: tensorNamed(context, matrix) };
    return quantisedLinear(graph, x, named, { format, bias: offset });
  }
  const inputs = [x, weight(context, matrix), ...(offset === undefined ? [] : [offset])];
  return context.graph.add('Gemm', inputs, { transB: 1 });
}

export function layerNorm(context: LayerContext, x: string, name: string, epsilon: number): string {
  const inputs = [x, weight(context, `${name}.weight`), weight(context, `${name}.bias`)];
  return context.graph.add('LayerNormalization', inputs, { axis: -1, epsilon: { float: epsilon } });
}

/** x / √(mean(x²) + ε) · w (Zhang & Sennrich 2019, arXiv 1910.07467), in the operations that the runtime fuses into one. */
export function rmsNorm(context: LayerContext, x: string, name: string, epsilon: number): string {
  const { graph } = context;
  const squares = graph.add('Pow', [x, graph.floats([2])]);
  const mean = graph.add('ReduceMean', [squares], { axes: [-1], keepdims: 1 });
  const root = graph.add('Sqrt', [graph.add('Add', [mean, graph.floats([epsilon])])]);
  return graph.add('Mul', [graph.add('Div', [x, root]), weight(context, `${name}.weight`)]);
}

export function activate(graph: GraphBuilder, x: string, activation: Activation = 'gelu-tanh'): string {
  const times = (value: string, factor: number): string => graph.add('Mul', [value, graph.floats([factor])]);
  const plusOne = (value: string): string => graph.add('Add', [value, graph.floats([1])]);
  switch (activation) {
    case 'gelu-tanh': {
      // x·½(1 + tanh(√(2/π)(x + 0.044715x³))) (Hendrycks & Gimpel 2016, arXiv 1606.08415)
      const cube = graph.add('Pow', [x, graph.floats([3])]);
      const inner = times(graph.add('Add', [x, times(cube, 0.044715)]), Math.sqrt(2 / Math.PI));
      return graph.add('Mul', [times(x, 0.5), plusOne(graph.add('Tanh', [inner]))]);
    }
    case 'gelu': {
      const inner = graph.add('Div', [x, graph.floats([Math.SQRT2])]);
      return times(graph.add('Mul', [x, plusOne(graph.add('Erf', [inner]))]), 0.5);
    }
    case 'quick-gelu':
      return graph.add('Mul', [x, graph.add('Sigmoid', [times(x, 1.702)])]);
    default:
      return activation satisfies never;
  }
}

/** silu(gate)·up (Shazeer 2020, arXiv 2002.05202). */
export function swiglu(graph: GraphBuilder, gate: string, up: string): string {
  return graph.add('Mul', [graph.add('Mul', [gate, graph.add('Sigmoid', [gate])]), up]);
}

export interface Attended {
  /** [.., T, D]. */
  readonly query: string;
  /** [.., S, D], with as many axes. */
  readonly key: string;
  readonly value: string;
  /** Axes of each of them. */
  readonly rank: number;
  /** Of a head. */
  readonly channels: number;
  /** Added to the scores [.., T, S]. */
  readonly bias?: string;
}

/** Scaled dot-product attention; axes in front of the last two are broadcast. */
export function attention(graph: GraphBuilder, { query, key, value, rank, channels, bias }: Attended): string {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const perm = [...axes.slice(0, -2), rank - 1, rank - 2];
  const scaled = graph.add('Mul', [query, graph.floats([1 / Math.sqrt(channels)])]);
  const scores = graph.add('MatMul', [scaled, graph.add('Transpose', [key], { perm })]);
  const masked = bias === undefined ? scores : graph.add('Add', [scores, bias]);
  return graph.add('MatMul', [graph.add('Softmax', [masked], { axis: -1 }), value]);
}
