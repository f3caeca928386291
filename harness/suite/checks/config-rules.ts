/** Rules that tie several fields of a run configuration together. Each complaint names the field, and the others that it depends on. */

import { EMBEDDED_DATA_SETS } from '../../../reference-model/data/registry.js';
import { SMALLEST_VOCABULARY } from '../../../reference-model/data/tokenizer/train-tokenizer.js';
import { MASK_KINDS, patchesPerSide } from '../../../reference-model/model/config.js';
import {
  batchSizes,
  isTextStage,
  type Recipe,
  type RunConfig,
  type Stage,
  type TextStage,
  type WordsStage,
} from '../../../reference-model/recipe/recipe.js';
import type { Complaint } from '../complaint.js';

/** What the plan walks through one by one. */
const mostExamplesOfStage = 100_000_000;

export function inconsistencies(config: RunConfig): readonly Complaint[] {
  const { recipe, model } = config;
  const names = recipe.stages.map(({ name }) => name);
  return [
    ...dataComplaints(config),
    ...batchComplaints(recipe),
    ...sizeComplaints(model),
    ...recipe.stages.flatMap((stage, index) => {
      const at = ['recipe', 'stages', index] as const;
      const repeated = names.indexOf(stage.name) < index;
      return [
        ...(repeated ? [{ path: [...at, 'name'], message: `names the stage "${stage.name}" a second time` }] : []),
        ...rateComplaints(stage, at),
        ...stageBatchComplaints(stage, recipe, at),
        ...(isTextStage(stage) ? textComplaints(stage, at) : wordsComplaints(stage, at)),
      ];
    }),
  ];
}

type Place = readonly (string | number)[];

/**
 * What is held as pixels is read by the embedded tokenizer; photographs, whose words nobody knows before, by one of their own or by that of a
 * pretrained language model.
 */
function dataComplaints({ data, tokenizer, model, recipe }: RunConfig): readonly Complaint[] {
  if (tokenizer === undefined) return embeddedComplaints({ data, recipe });
  if (tokenizer === 'pretrained') return pretrainedComplaints(recipe);
  const path = ['recipe', 'initialization', 'language'];
  const message = 'must be random: the pretrained language model reads tokens of the embedded tokenizer';
  const stages = recipe.stages.flatMap((stage, index): readonly Complaint[] =>
    stage.data === undefined
      ? []
      : [
          {
            path: ['recipe', 'stages', index, 'data'],
            message: 'must not be stated: with a tokenizer of its own a run learns from one data set',
            involves: [['tokenizer']],
          },
        ],
  );
  const small = {
    path: ['model', 'language', 'vocabularySize'],
    message: `must be at least ${SMALLEST_VOCABULARY}, for special tokens and the 256 bytes`,
    involves: [['tokenizer']],
  };
  return [
    ...(model.language.vocabularySize < SMALLEST_VOCABULARY ? [small] : []),
    ...(recipe.initialization.language === 'random' ? [] : [{ path, message, involves: [['tokenizer']] }]),
    ...stages,
  ];
}

/** Every data set is one of those that are held as pixels. */
function embeddedComplaints({ data, recipe }: Pick<RunConfig, 'data' | 'recipe'>): readonly Complaint[] {
  const known = EMBEDDED_DATA_SETS.map(({ name }) => name);
  const message = 'is no data set of the embedded scale';
  const expected = `one of ${known.join(', ')}`;
  const fix = 'name one of these, or state tokenizer: byte-pairs';
  const named: readonly { readonly name: string | undefined; readonly path: Place }[] = [
    { name: data.name, path: ['data', 'name'] },
    ...recipe.stages.map((stage, index) => ({ name: stage.data, path: ['recipe', 'stages', index, 'data'] })),
  ];
  return named
    .filter(({ name }) => name !== undefined && !known.some((embedded) => embedded === name))
    .map(({ path }) => ({ path, message, expected, known, fix }));
}

/** Words are tokens of their own in the tokenizers of this package, and not in those of the hub. */
function pretrainedComplaints({ stages }: Recipe): readonly Complaint[] {
  const message = 'must not be words: a tokenizer of the hub spells words in several tokens';
  return stages.flatMap((stage, index) =>
    isTextStage(stage)
      ? []
      : [{ path: ['recipe', 'stages', index, 'kind'], message, involves: [['tokenizer']] } satisfies Complaint],
  );
}

/** @param stage as it stands in a file, where a stage of either kind may lack anything */
function textComplaints(stage: Partial<TextStage>, at: Place): readonly Complaint[] {
  const found: Complaint[] = [];
  if (stage.attentionMask === undefined) {
    found.push({
      path: [...at, 'attentionMask'],
      message: 'is missing',
      expected: `one of ${MASK_KINDS.join(', ')}`,
      fix: 'state it in the stage, or in the overlay of every arm',
    });
  }
  if (!Object.values(stage.mixture ?? {}).some((weight) => weight > 0)) {
    found.push({ path: [...at, 'mixture'], message: 'must give at least one source a weight above 0' });
  }
  if (stage.attentionMask === 'prefix-bidirectional') {
    const message = 'must be 1 under prefix-bidirectional, where the image sees the question';
    for (const field of ['questionsPerImage', 'captionsPerImage'] as const) {
      if ((stage[field] ?? 1) > 1) found.push({ path: [...at, field], message, involves: [[...at, 'attentionMask']] });
    }
  }
  return found;
}

const ofTexts = [
  'mixture',
  'attentionMask',
  'questionTypes',
  'imageShift',
  'imageMirror',
  'validateStart',
  'questionsPerImage',
  'captionsPerImage',
  'validation',
] as const;

/** No text is learned, hence nothing about texts is stated, and the language model stays as it is. */
function wordsComplaints(stage: WordsStage & Partial<Omit<TextStage, 'kind'>>, at: Place): readonly Complaint[] {
  const stated = ofTexts.filter((field) => stage[field] !== undefined);
  const found: Complaint[] = stated.map((field) => ({
    path: [...at, field],
    message: `must not be stated for a words stage, which learns no text`,
    involves: [[...at, 'kind']],
  }));
  if (stage.trainable.includes('language')) {
    const message = 'must not hold language: a words stage does not run the language model';
    found.push({ path: [...at, 'trainable'], message, involves: [[...at, 'kind']] });
  }
  return found;
}

function batchComplaints({ batchSize, microBatchSize }: RunConfig['recipe']): readonly Complaint[] {
  if (batchSize % microBatchSize === 0) return [];
  return [
    {
      path: ['recipe', 'microBatchSize'],
      message: `must divide batchSize (${batchSize} is not a multiple of ${microBatchSize})`,
      involves: [['recipe', 'batchSize']],
    },
  ];
}

/** What the stage states of its batches holds together, and with what it has of the recipe. */
function stageBatchComplaints(stage: Stage, recipe: Recipe, at: readonly (string | number)[]): readonly Complaint[] {
  const { batchSize, microBatchSize } = batchSizes(recipe, stage);
  const sizeAt = stage.batchSize === undefined ? ['recipe', 'batchSize'] : [...at, 'batchSize'];
  const most = Math.floor(mostExamplesOfStage / batchSize);
  const tooLong = { path: [...at, 'steps'], message: `must not exceed ${most} with batches of ${batchSize}` };
  const found: Complaint[] = stage.steps > most ? [{ ...tooLong, involves: [sizeAt] }] : [];
  // A words stage takes each step in one pass.
  if (!isTextStage(stage) || batchSize % microBatchSize === 0) return found;
  if (stage.microBatchSize !== undefined) {
    const message = `must divide batchSize (${batchSize} is not a multiple of ${microBatchSize})`;
    found.push({ path: [...at, 'microBatchSize'], message, involves: [sizeAt] });
  } else if (stage.batchSize !== undefined) {
    const message = `must be a multiple of microBatchSize (${microBatchSize}), or the stage state its own`;
    found.push({ path: sizeAt, message, involves: [['recipe', 'microBatchSize']] });
  }
  return found;
}

function sizeComplaints(model: RunConfig['model']): readonly Complaint[] {
  const found: Complaint[] = [];
  const { vision, connector, language } = model;
  const seen = vision.ignoresRemainder === true ? patchesPerSide(vision) * vision.patchSize : vision.imageSize;
  if (seen % (vision.patchSize * connector.pixelShuffle) !== 0) {
    found.push({
      path: ['model', 'vision', 'imageSize'],
      message: 'must be a multiple of patchSize × pixelShuffle',
      involves: [
        ['model', 'vision', 'patchSize'],
        ['model', 'connector', 'pixelShuffle'],
      ],
    });
  }
  for (const part of ['vision', 'language'] as const) {
    const { hiddenSize, attentionHeads } = model[part];
    if (hiddenSize % attentionHeads === 0) continue;
    found.push({
      path: ['model', part, 'hiddenSize'],
      message: `must be a multiple of attentionHeads (${attentionHeads})`,
      involves: [['model', part, 'attentionHeads']],
    });
  }
  if (language.attentionHeads % language.keyValueHeads !== 0) {
    found.push({
      path: ['model', 'language', 'keyValueHeads'],
      message: 'must divide attentionHeads',
      involves: [['model', 'language', 'attentionHeads']],
    });
  }
  return found;
}

/** Exactly the trainable parts have a learning rate. */
function rateComplaints({ trainable, learningRate }: Stage, at: readonly (string | number)[]): readonly Complaint[] {
  const rated = Object.keys(learningRate);
  const missing = trainable.filter((part) => learningRate[part] === undefined);
  const surplus = rated.filter((part) => !trainable.some((trained) => trained === part));
  const texts = [
    ...(missing.length > 0 ? [`must give a rate for ${missing.join(' and ')}`] : []),
    ...(surplus.length > 0 ? [`must not give one for ${surplus.join(' and ')}`] : []),
  ];
  if (texts.length === 0) return [];
  const message = `${texts.join(' and ')}: the stage trains ${trainable.join(', ')}`;
  return [{ path: [...at, 'learningRate'], message, involves: [[...at, 'trainable']] }];
}
