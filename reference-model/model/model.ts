/** A vision-language model in memory: its shape, its parameters, the rotary tables that belong to its shape, and how it computes. */
import * as tf from '@tensorflow/tfjs-core';
import type { RotaryTables } from '../ops/rotary-embedding.js';
import type { Compute } from './compute.js';
import { featuresPerImage, type ModelConfig, patchesPerSide, visualTokensPerImage } from './config.js';
import { disposeParameters, initializeParameters, type Parameter, type Parameters, tensorOf } from './parameters.js';
import { rotaryTables } from './rotary-tables.js';

export interface Model extends Compute {
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  readonly rotary: RotaryTables;
}

/** A configuration that no model can have. */
export class ModelConfigError extends Error {
  readonly code = 'model-config';

  constructor(problem: string) {
    super(`The model configuration is impossible: ${problem}`);
    this.name = 'ModelConfigError';
  }
}

/** @throws ModelConfigError when sizes do not divide as they must */
export function checkModelConfig(config: ModelConfig): void {
  const { vision, connector, language } = config;
  const divides = (divisor: number, size: number, problem: string): void => {
    if (size % divisor !== 0) throw new ModelConfigError(`${problem} (${size} is not a multiple of ${divisor}).`);
  };
  if (vision.ignoresRemainder !== true) {
    divides(vision.patchSize, vision.imageSize, 'vision.patchSize must divide vision.imageSize');
  }
  if (patchesPerSide(vision) < 1) {
    throw new ModelConfigError(`an image of ${vision.imageSize} pixels holds no patch of ${vision.patchSize}.`);
  }
  divides(
    connector.pixelShuffle,
    patchesPerSide(vision),
    'connector.pixelShuffle must divide the number of patches per side',
  );
  if (connector.pixelShuffle > 1 && featuresPerImage(vision) !== patchesPerSide(vision) ** 2) {
    throw new ModelConfigError('connector.pixelShuffle needs a feature of every patch, and of nothing else.');
  }
  divides(vision.attentionHeads, vision.hiddenSize, 'vision.attentionHeads must divide vision.hiddenSize');
  divides(2 * language.attentionHeads, language.hiddenSize, 'language.hiddenSize must give each head an even width');
  divides(
    language.keyValueHeads,
    language.attentionHeads,
    'language.keyValueHeads must divide language.attentionHeads',
  );
  if (visualTokensPerImage(config) >= language.maximumPositions) {
    throw new ModelConfigError(
      `${visualTokensPerImage(config)} visual tokens leave no room for text in ${language.maximumPositions} positions.`,
    );
  }
}

/** A model around existing parameters. @throws ModelConfigError */
export function modelFrom(config: ModelConfig, parameters: Parameters): Model {
  checkModelConfig(config);
  return { config, parameters, rotary: rotaryTables(config.language), ...computeWith(parameters) };
}

/** The same model with parameters of its surroundings: they are learned with it and disposed by whoever made them. */
export function withParameters(model: Model, more: readonly Parameter[]): Model {
  const parameters = new Map([...model.parameters, ...more.map((parameter) => [parameter.name, parameter] as const)]);
  return { ...model, parameters, ...computeWith(parameters) };
}

/** Forward passes on the tfjs tape: weights as they are, blocks run once. */
function computeWith(parameters: Parameters): Compute {
  return {
    weights: (name) => tensorOf(parameters, name),
    segment: (hidden, context, block) => block(hidden, context),
    inference: (body) => tf.tidy(body),
  };
}

/** A model with random parameters. @throws ModelConfigError */
export function createModel(config: ModelConfig, seed: number): Model {
  checkModelConfig(config);
  return modelFrom(config, initializeParameters(config, seed));
}

/** Frees every tensor of the model. */
export function disposeModel({ parameters, rotary }: Model): void {
  disposeParameters(parameters.values());
  rotary.cosine.dispose();
  rotary.sine.dispose();
}
