/**
 * The weights that a run starts from where they are not the package's own: below one folder, `vision` and `language`, each a folder of the hub
 * as it was downloaded. Configurations and headers are read and checked completely when it is opened; values are fetched one tensor at a time
 * when a model is made.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '../checkpoint/hugging-face/load-model.js';
import { openLanguage, openVision, type Pretrained } from '../checkpoint/hugging-face/read-checkpoint.js';
import { type HubReading, hubReader } from '../data/chat/hub-reader.js';
import { readHubTokenizer } from '../data/chat/hub-tokenizer.js';
import type { ModelReader } from '../data/chat/model-reader.js';
import { requireSide } from '../data/pixels/processor.js';
import { processorFile, readProcessor } from '../data/pixels/read-processor.js';
import { requireRows } from '../data/tokenizer/token-rows.js';
import { sha256 } from '../files/hashing.js';
import { InputError } from '../files/input-error.js';
import { readJson } from '../files/read-json.js';
import type { LanguageConfig, ModelConfig, VisionConfig } from '../model/config.js';
import type { Model } from '../model/model.js';
import type { Recipe } from '../recipe/recipe.js';
import type { Backbone } from './backbones.js';
import { weightsDigest } from './weights-digest.js';

/** One folder of the hub, for provenance. */
export interface NamedWeights {
  readonly part: Backbone;
  /** Of the model on the hub, as far as its files tell; else its kind. */
  readonly name: string;
  /** As `weightsDigest` has it. */
  readonly digest: string;
}

export interface PretrainedParts {
  readonly folder: string;
  /** SHA-256 over the digests of the parts. */
  readonly fingerprint: string;
  readonly parts: readonly NamedWeights[];
  /** What the reader is made from, for the record of a run. */
  readonly reading: HubReading;
  readonly reader: ModelReader;
  /** A model on the current engine: backbones that are `pretrained` from the files, everything else random. */
  createModel(config: ModelConfig, initialization: Recipe['initialization'], seed: number): Model;
  /** @throws InputError listing every difference between the model of a recipe and the weights */
  requireModel(config: ModelConfig): void;
}

/** The folder of a part below the one that is named. */
export const partFolder = (folder: string, part: Backbone): string => join(folder, part);

/** Parts of the layout that are not there. */
export function missingParts(folder: string): readonly Backbone[] {
  return (['vision', 'language'] as const).filter((part) => !existsSync(join(partFolder(folder, part), 'config.json')));
}

/**
 * @throws InputError, SafetensorsError, ParameterMismatchError
 */
export function openPretrainedParts(folder: string): PretrainedParts {
  requireLayout(folder);
  const at = { vision: partFolder(folder, 'vision'), language: partFolder(folder, 'language') };
  const vision = openVision(at.vision);
  const language = openLanguage(at.language);
  const reading: HubReading = { texts: readHubTokenizer(at.language), images: readProcessor(processorFile(at.vision)) };
  requireSide(reading.images, { side: vision.config.imageSize, where: at.vision });
  const reader = hubReader(reading, at.language);
  requireRows({
    tokens: reader.vocabularySize,
    tokenizerFile: join(at.language, 'tokenizer.json'),
    rows: language.config.vocabularySize,
    modelFile: join(at.language, 'config.json'),
    placeholder: reader.special.image,
  });
  const parts = (['vision', 'language'] as const).map((part) => namedWeights(part, at[part]));
  const fingerprint = sha256(JSON.stringify(parts.map(({ part, digest }) => [part, digest])));
  /** In one line, as YAML reads it too; fewer positions than the weights were trained for cost less. */
  const statedModel = ({ connector, language: { maximumPositions } }: ModelConfig): string => {
    const fewer = Math.min(maximumPositions, language.config.maximumPositions);
    const own = { vision: vision.config, connector, language: { ...language.config, maximumPositions: fewer } };
    return JSON.stringify(own);
  };
  const requireModel = (config: ModelConfig): void => {
    const differences = [
      ...differencesOf('vision', config.vision, vision.config),
      ...differencesOf('language', config.language, language.config),
    ];
    if (differences.length === 0) return;
    throw new InputError({
      code: 'data-invalid',
      what: `the weights are not those of the recipe: ${differences.join('; ')}`,
      where: folder,
      expected: 'the model that the recipe states',
      fix: `name the folder with the weights that the recipe names, or state that of these (a suite that extends another removes what it inherits by null) as model: ${statedModel(config)}`,
    });
  };
  return {
    folder,
    fingerprint,
    parts,
    reading,
    reader,
    createModel: (config, initialization, seed) => {
      requireModel(config);
      const chosen: readonly Pretrained<unknown>[] = [
        ...(initialization.vision === 'pretrained' ? [vision] : []),
        ...(initialization.language === 'pretrained' ? [language] : []),
      ];
      return loadModel(config, new Map(chosen.flatMap(({ tensors }) => [...tensors])), seed);
    },
    requireModel,
  };
}

function requireLayout(folder: string): void {
  const missing = missingParts(folder);
  if (missing.length === 0) return;
  throw new InputError({
    code: 'file-unreadable',
    what: `there is no ${missing.map((part) => join(part, 'config.json')).join(' and no ')}`,
    where: folder,
    expected: 'the folders vision and language, each with all files of a model of the hub',
    fix: `download them, for example: hf download NAME --local-dir ${partFolder(folder, missing[0]!)}`,
  });
}

function namedWeights(part: Backbone, folder: string): NamedWeights {
  const { _name_or_path: name, model_type: kind } = Object(readJson(join(folder, 'config.json'))) as Record<
    string,
    unknown
  >;
  // A path of another machine names nothing.
  const isId = typeof name === 'string' && /^[\w.-]+\/[\w.-]+$/.test(name);
  const files = readdirSync(folder).filter((file) => /^[\w][\w.-]*\.safetensors$/.test(file));
  return { part, name: isId ? name : String(kind), digest: weightsDigest(folder, files) };
}

/** A recipe may use fewer positions than the weights were trained for; everything else must be the same. */
function differencesOf<Config extends VisionConfig | LanguageConfig>(
  part: Backbone,
  stated: Config,
  given: Config,
): readonly string[] {
  const [ours, theirs] = [stated, given].map((config) => Object.entries(config)) as [
    [string, unknown][],
    [string, unknown][],
  ];
  const names = [...new Set([...ours, ...theirs].map(([name]) => name))];
  const valueIn = (entries: [string, unknown][], name: string) => entries.find(([known]) => known === name)?.[1];
  return names.flatMap((name) => {
    const [wanted, found] = [valueIn(ours, name), valueIn(theirs, name)];
    if (JSON.stringify(wanted) === JSON.stringify(found)) return [];
    if (name === 'maximumPositions' && Number(wanted) <= Number(found)) return [];
    const shown = (value: unknown) => (value === undefined ? 'not stated' : JSON.stringify(value));
    return [`${part}.${name} is ${shown(wanted)} in the recipe and ${shown(found)} in the weights`];
  });
}
