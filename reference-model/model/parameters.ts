/**
 * Every parameter of the model: its Hugging Face name, part, shape, weight decay and initial distribution. Initial weights are a
 * pure function of the seed and the parameter's name, so arms of one seed start equal whatever else differs between them.
 */
import * as tf from '@tensorflow/tfjs-core';
import { filledTensor } from '../engines/filled-tensor.js';
import { randomStream } from '../numerics/random.js';
import { encoderTokens, type ModelConfig, type Part } from './config.js';

type Initialization =
  | { readonly kind: 'normal'; readonly standardDeviation: number }
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' };

export interface ParameterSpecification {
  /** As in the Hugging Face checkpoints of LLaVA with a SigLIP tower and a Qwen2 language model. */
  readonly name: string;
  readonly part: Part;
  readonly shape: readonly number[];
  /** Whether weight decay applies: to matrices and tables, not to biases and norms. */
  readonly decay: boolean;
  readonly initialization: Initialization;
}

/** A parameter in memory. Its variable keeps its identity; an optimiser assigns to it. */
export interface Parameter {
  readonly name: string;
  readonly part: Part;
  readonly decay: boolean;
  readonly variable: tf.Variable;
}

/** In the order of `parameterSpecifications`. */
export type Parameters = ReadonlyMap<string, Parameter>;

export const VISION_PREFIX = 'vision_tower.vision_model';
export const CONNECTOR_PREFIX = 'multi_modal_projector';
export const LANGUAGE_PREFIX = 'language_model.model';
export const TOKEN_TABLE = `${LANGUAGE_PREFIX}.embed_tokens.weight`;
/** The matrix of a head that is not tied to the token table. */
export const OUTPUT_HEAD = 'language_model.lm_head';

const normal = (standardDeviation: number): Initialization => ({ kind: 'normal', standardDeviation });

/** Collects the specifications of one part. */
function partBuilder(part: Part) {
  const specifications: ParameterSpecification[] = [];
  const add = (name: string, shape: readonly number[], decay: boolean, initialization: Initialization): void => {
    specifications.push({ name, part, shape, decay, initialization });
  };
  return {
    specifications,
    table: (name: string, shape: readonly number[], standardDeviation: number) =>
      add(`${name}.weight`, shape, true, normal(standardDeviation)),
    vector: (name: string, size: number, standardDeviation: number) =>
      add(name, [size], false, normal(standardDeviation)),
    /** Weight [outputs, ...inputs] with variance 1/fan-in times `gain`², then the bias. */
    projection(name: string, shape: readonly number[], { bias = true, gain = 1 } = {}): void {
      const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
      add(`${name}.weight`, shape, true, normal(gain / Math.sqrt(fanIn)));
      if (bias) add(`${name}.bias`, [shape[0]!], false, { kind: 'zeros' });
    },
    norm(name: string, channels: number, { bias }: { readonly bias: boolean }): void {
      add(`${name}.weight`, [channels], false, { kind: 'ones' });
      if (bias) add(`${name}.bias`, [channels], false, { kind: 'zeros' });
    },
  };
}

/** Residual branches start smaller the deeper the trunk (Radford et al. 2019, GPT-2, §2.3). */
const residualGain = (layers: number): number => 1 / Math.sqrt(2 * Math.max(1, layers));

function visionSpecifications({ vision }: ModelConfig): readonly ParameterSpecification[] {
  const { family = 'siglip', hiddenSize, intermediateSize, patchSize, layers, finalNorm = true } = vision;
  const part = partBuilder('vision');
  const gain = residualGain(layers);
  const isClip = family === 'clip';
  if (isClip) part.vector(`${VISION_PREFIX}.embeddings.class_embedding`, hiddenSize, 0.02);
  const patch = [hiddenSize, 3, patchSize, patchSize];
  part.projection(`${VISION_PREFIX}.embeddings.patch_embedding`, patch, { bias: !isClip });
  part.table(`${VISION_PREFIX}.embeddings.position_embedding`, [encoderTokens(vision), hiddenSize], 0.02);
  // The checkpoints of CLIP spell it so.
  if (isClip) part.norm(`${VISION_PREFIX}.pre_layrnorm`, hiddenSize, { bias: true });
  for (let i = 0; i < layers; i++) {
    const layer = `${VISION_PREFIX}.encoder.layers.${i}`;
    part.norm(`${layer}.layer_norm1`, hiddenSize, { bias: true });
    for (const name of ['q_proj', 'k_proj', 'v_proj'])
      part.projection(`${layer}.self_attn.${name}`, [hiddenSize, hiddenSize]);
    part.projection(`${layer}.self_attn.out_proj`, [hiddenSize, hiddenSize], { gain });
    part.norm(`${layer}.layer_norm2`, hiddenSize, { bias: true });
    part.projection(`${layer}.mlp.fc1`, [intermediateSize, hiddenSize]);
    part.projection(`${layer}.mlp.fc2`, [hiddenSize, intermediateSize], { gain });
  }
  if (finalNorm) part.norm(`${VISION_PREFIX}.post_layernorm`, hiddenSize, { bias: true });
  return part.specifications;
}

function connectorSpecifications({ vision, connector, language }: ModelConfig): readonly ParameterSpecification[] {
  const part = partBuilder('connector');
  const inputs = vision.hiddenSize * connector.pixelShuffle ** 2;
  part.projection(`${CONNECTOR_PREFIX}.linear_1`, [language.hiddenSize, inputs]);
  part.projection(`${CONNECTOR_PREFIX}.linear_2`, [language.hiddenSize, language.hiddenSize]);
  return part.specifications;
}

function languageSpecifications({ language }: ModelConfig): readonly ParameterSpecification[] {
  const { hiddenSize, intermediateSize, attentionHeads, keyValueHeads, layers, vocabularySize } = language;
  const { attentionBias = 'query-key-value', tiedHead = true } = language;
  const keyValueSize = (hiddenSize / attentionHeads) * keyValueHeads;
  const part = partBuilder('language');
  const inner = { bias: attentionBias !== 'none' };
  const gain = residualGain(layers);
  // Small, because the table is tied to the output: otherwise every position would at first predict its own token.
  part.table(`${LANGUAGE_PREFIX}.embed_tokens`, [vocabularySize, hiddenSize], 0.02);
  for (let i = 0; i < layers; i++) {
    const layer = `${LANGUAGE_PREFIX}.layers.${i}`;
    part.norm(`${layer}.input_layernorm`, hiddenSize, { bias: false });
    part.projection(`${layer}.self_attn.q_proj`, [hiddenSize, hiddenSize], inner);
    part.projection(`${layer}.self_attn.k_proj`, [keyValueSize, hiddenSize], inner);
    part.projection(`${layer}.self_attn.v_proj`, [keyValueSize, hiddenSize], inner);
    part.projection(`${layer}.self_attn.o_proj`, [hiddenSize, hiddenSize], { bias: attentionBias === 'all', gain });
    part.norm(`${layer}.post_attention_layernorm`, hiddenSize, { bias: false });
    part.projection(`${layer}.mlp.gate_proj`, [intermediateSize, hiddenSize], { bias: false });
    part.projection(`${layer}.mlp.up_proj`, [intermediateSize, hiddenSize], { bias: false });
    part.projection(`${layer}.mlp.down_proj`, [hiddenSize, intermediateSize], { bias: false, gain });
  }
  part.norm(`${LANGUAGE_PREFIX}.norm`, hiddenSize, { bias: false });
  if (!tiedHead) part.table(OUTPUT_HEAD, [vocabularySize, hiddenSize], 0.02);
  return part.specifications;
}

/** All parameters of a model: vision, connector, language, each from input to output. */
export function parameterSpecifications(config: ModelConfig): readonly ParameterSpecification[] {
  return [...visionSpecifications(config), ...connectorSpecifications(config), ...languageSpecifications(config)];
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Number of trainable scalars, of all parts or of those given. */
export function parameterCount(config: ModelConfig, parts?: readonly Part[]): number {
  return parameterSpecifications(config)
    .filter(({ part }) => parts === undefined || parts.includes(part))
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Initial values of one parameter, row-major. */
export function initialValues({ name, shape, initialization }: ParameterSpecification, seed: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  switch (initialization.kind) {
    case 'zeros':
      break;
    case 'ones':
      values.fill(1);
      break;
    case 'normal': {
      const stream = randomStream(seed, 'initial-weights', name);
      for (let i = 0; i < values.length; i++) values[i] = stream.normal() * initialization.standardDeviation;
      break;
    }
    default:
      initialization satisfies never;
  }
  return values;
}

/** A parameter of its own, with the given values. */
export function createParameter(
  specification: Omit<ParameterSpecification, 'initialization'>,
  values: Float32Array,
): Parameter {
  return parameterOf(specification, tf.tensor(values, [...specification.shape], 'float32'));
}

/** The same where `fill` writes the values into the array that it is given. */
function createFilledParameter(
  specification: Omit<ParameterSpecification, 'initialization'>,
  fill: (values: Float32Array) => void,
): Parameter {
  return parameterOf(specification, filledTensor(specification.shape, fill));
}

function parameterOf(
  { name, part, decay }: Omit<ParameterSpecification, 'initialization'>,
  tensor: tf.Tensor,
): Parameter {
  const variable = tf.variable(tensor);
  tensor.dispose(); // the variable holds its own reference
  return { name, part, decay, variable };
}

/** Puts values into variables; `valuesOf` is asked once per parameter, in order, for its values or for what writes them. */
export function createParameters(
  config: ModelConfig,
  valuesOf: (specification: ParameterSpecification) => Float32Array | ((values: Float32Array) => void),
): Parameters {
  return new Map(
    parameterSpecifications(config).map((specification) => {
      const values = valuesOf(specification);
      const parameter =
        typeof values === 'function'
          ? createFilledParameter(specification, values)
          : createParameter(specification, values);
      return [specification.name, parameter];
    }),
  );
}

/** Fresh random parameters. */
export function initializeParameters(config: ModelConfig, seed: number): Parameters {
  return createParameters(config, (specification) => initialValues(specification, seed));
}

export function disposeParameters(parameters: Iterable<Parameter>): void {
  for (const { variable } of parameters) variable.dispose();
}

/** The tensor of a parameter by name, which changes as it learns. @throws Error when there is none */
export function tensorOf(parameters: Parameters, name: string): tf.Tensor {
  const parameter = parameters.get(name);
  if (!parameter) throw new Error(`The model has no parameter named ${name}.`);
  return parameter.variable;
}

export const shapeOf = ({ variable }: Parameter): readonly number[] => variable.shape;

/** A copy of a parameter's values, row-major. */
export function readValues({ variable }: Parameter): Float32Array {
  return variable.dataSync<'float32'>().slice() as Float32Array;
}

/** Overwrites a parameter's values; the variable keeps its identity. */
export function assignValues({ variable }: Parameter, values: Float32Array): void {
  const tensor = tf.tensor(values, variable.shape, 'float32');
  variable.assign(tensor);
  tensor.dispose();
}
