/**
 * Whether a run configuration can be trained and scored at all, told from the configuration, the facts about its data sets and the sizes
 * of the shipped backbones: what would else end a run at its first step, or after its last.
 */
import { loadEmbeddedTokenizer } from '../../../reference-model/data/tokenizer/load-tokenizer.js';
import { visualTokensPerImage } from '../../../reference-model/model/config.js';
import {
  batchSizes,
  isTextStage,
  type RunConfig,
  type Source,
  type TextStage,
} from '../../../reference-model/recipe/recipe.js';
import { batchShares, CAPTION_PROMPT } from '../../../reference-model/training/examples.js';
import { dataSetNames } from '../../../reference-model/training/stage-data.js';
import { backboneSizes } from '../backbone-sizes.js';
import type { Complaint } from '../complaint.js';
import { type DataFacts, dataFacts, factsOf } from '../data-facts.js';

type Path = readonly (string | number)[];

/** @param config one that is consistent in itself (`runConfigSchema`) */
export function infeasibilities(config: RunConfig): readonly Complaint[] {
  // Photographs fit any model, and what their texts hold is not known before they are read.
  if (config.tokenizer !== undefined) return [];
  const names = dataSetNames(config);
  const sizes = [...backboneComplaints(config), ...names.flatMap((name) => sizeComplaints(config, name))];
  const about = sizes.map(({ path }) => path.join('.'));
  return [
    ...sourceComplaints(config),
    ...sizes.filter((_, index) => about.indexOf(about[index]!) === index),
    // How much room a text has follows from the sizes.
    ...(sizes.length > 0 ? [] : names.flatMap((name) => lengthComplaints(config, name))),
    ...(sizes.length > 0 ? [] : answerComplaints(config)),
    ...captionComplaints(config),
  ];
}

/** Everything that a stage asks for is there. */
function sourceComplaints({ recipe, data }: RunConfig): readonly Complaint[] {
  return recipe.stages.flatMap((stage, index) => {
    if (stage.steps === 0) return [];
    const name = stage.data ?? data.name;
    const facts = factsOf(name);
    const at = ['recipe', 'stages', index] as const;
    if (!isTextStage(stage)) return facts.words ? [] : [wordlessComplaint(name, at)];
    const types = Object.keys(facts.questionTypes);
    const topics = (stage.questionTypes ?? []).flatMap((topic, place): readonly Complaint[] => {
      if (types.includes(topic)) return [];
      const message = `must name something that ${name} has questions about`;
      const path = [...at, 'questionTypes', place];
      return [{ path, message, expected: `one of ${types.join(', ')}`, known: types, involves: [[...at, 'data']] }];
    });
    if (topics.length > 0) return topics;
    const unvalidated = (stage.validation?.sources ?? []).findIndex((source) => !hasSource(facts, source, {}));
    if (unvalidated >= 0) {
      const path = [...at, 'validation', 'sources', unvalidated];
      const message = `names what ${name} does not have`;
      return [
        {
          path,
          message,
          expected: 'questions',
          fix: 'leave it out',
          involves: [
            [...at, 'data'],
            ['data', 'name'],
          ],
        },
      ];
    }
    const shares = batchShares(stage.mixture, batchSizes(recipe, stage).batchSize);
    return (Object.keys(shares) as Source[])
      .filter((source) => shares[source] > 0 && !hasSource(facts, source, stage))
      .map((source) => ({
        path: [...at, 'mixture', source],
        message: `asks for what ${name} does not have${stage.questionTypes === undefined ? '' : ' on these topics'}`,
        expected: `one of ${sources.filter((candidate) => hasSource(facts, candidate, stage)).join(', ')}`,
        fix: 'change the mixture, or the data set',
        involves: [
          [...at, 'questionTypes'],
          [...at, 'data'],
          ['data', 'name'],
        ],
      }));
  });
}

function wordlessComplaint(name: string, at: Path): Complaint {
  const known = [...dataFacts].flatMap(([candidate, { words }]) => (words ? [candidate] : []));
  return {
    path: [...at, 'kind'],
    message: `asks for words of what images show, which ${name} does not state`,
    expected: `a data set that does: ${known.join(', ')}`,
    fix: 'change the data set of the stage, or let it learn texts',
    involves: [
      [...at, 'data'],
      ['data', 'name'],
    ],
  };
}

const sources: readonly Source[] = ['human-captions', 'ai-captions', 'questions', 'open-questions'];

function hasSource(
  { captions, questionTypes }: DataFacts,
  source: Source,
  { questionTypes: topics }: Pick<TextStage, 'questionTypes'>,
): boolean {
  const asked = Object.keys(questionTypes).filter((topic) => topics === undefined || topics.includes(topic));
  switch (source) {
    case 'human-captions':
    case 'ai-captions':
      return captions.includes(source);
    case 'questions':
      return asked.length > 0;
    case 'open-questions':
      return asked.some((topic) => questionTypes[topic]!.includes('open'));
    default:
      return source satisfies never;
  }
}

/** A model that starts from shipped weights has their sizes. */
function backboneComplaints({ model, recipe: { initialization } }: RunConfig): readonly Complaint[] {
  const found: Complaint[] = [];
  const requireSize = (part: 'vision' | 'language', key: string, actual: number, shipped: number): void => {
    if (actual === shipped) return;
    found.push({
      path: ['model', part, key],
      message: `is ${actual}, but the pretrained ${part} backbone of the package has ${shipped}`,
      expected: String(shipped),
      fix: `restore it, or start from random weights (initialization: { ${part}: random })`,
      involves: [['recipe', 'initialization', part]],
    });
  };
  if (initialization.vision === 'random' && initialization.language === 'random') return [];
  const shipped = backboneSizes();
  if (initialization.vision === 'pretrained') {
    const { vision } = model;
    const { patches, ...sizes } = shipped.vision;
    for (const [key, size] of Object.entries(sizes))
      requireSize('vision', key, vision[key as keyof typeof sizes], size);
    if (vision.patchSize === sizes.patchSize) {
      requireSize('vision', 'imageSize', vision.imageSize, Math.sqrt(patches) * sizes.patchSize);
    }
  }
  if (initialization.language === 'pretrained') {
    const { language } = model;
    const { vocabularySize, keyValueWidth, ...sizes } = shipped.language;
    for (const [key, size] of Object.entries(sizes)) {
      requireSize('language', key, language[key as keyof typeof sizes], size);
    }
    if (language.hiddenSize === sizes.hiddenSize) {
      const heads = (keyValueWidth * language.attentionHeads) / language.hiddenSize;
      requireSize('language', 'keyValueHeads', language.keyValueHeads, heads);
    }
    if (language.vocabularySize < vocabularySize) {
      requireSize('language', 'vocabularySize', language.vocabularySize, vocabularySize);
    }
  }
  return found;
}

/** The images of a data set and its words fit the model. */
function sizeComplaints({ model }: RunConfig, name: string): readonly Complaint[] {
  const { imageSize, tokens } = factsOf(name);
  const involves = [['data', 'name']];
  const found: Complaint[] = [];
  if (model.vision.imageSize !== imageSize) {
    const message = `must be ${imageSize}, the size of the images of ${name}`;
    found.push({ path: ['model', 'vision', 'imageSize'], message, involves });
  }
  if (model.language.vocabularySize < tokens) {
    const message = `must be at least ${tokens}, to know the words of ${name}`;
    found.push({ path: ['model', 'language', 'vocabularySize'], message, involves });
  }
  return found;
}

/** What decides how many positions an image takes. */
const imageTokenFields: readonly Path[] = [
  ['model', 'connector', 'pixelShuffle'],
  ['model', 'vision', 'patchSize'],
];

/** Every example of a data set has room, in training and validation. */
function lengthComplaints({ model }: RunConfig, name: string): readonly Complaint[] {
  const visual = visualTokensPerImage(model);
  const text = factsOf(name).longestText + 2; // between a begin and an end token
  if (model.language.maximumPositions >= visual + text) return [];
  const message = `must be at least ${visual + text}: ${visual} visual tokens, and ${text} for the longest text of ${name}`;
  const path = ['model', 'language', 'maximumPositions'];
  return [{ path, message, involves: [...imageTokenFields, ['data', 'name']] }];
}

/** Tokens of the longer of the two instructions that ask for a caption; the tokenizer is read when a configuration first asks for one. */
let captionPromptTokens = (): number => {
  const tokenizer = loadEmbeddedTokenizer();
  const longest = Math.max(...Object.values(CAPTION_PROMPT).map((prompt) => tokenizer.encode(prompt).length));
  captionPromptTokens = () => longest;
  return longest;
};

/** Every caption and every answer has room behind its prompt. */
function answerComplaints({ data, model, evaluation, generation }: RunConfig): readonly Complaint[] {
  const { longestQuestion } = factsOf(data.name);
  const prompts = [
    ...(evaluation.captionImages > 0 ? [captionPromptTokens()] : []),
    ...(evaluation.questions > 0 ? [longestQuestion] : []),
  ];
  if (prompts.length === 0) return [];
  const { maximumPositions } = model.language;
  const before = visualTokensPerImage(model) + 1 + Math.max(...prompts);
  const room = maximumPositions - before;
  if (room < 1 || generation.maximumNewTokens <= room) return [];
  const message = `must be at most ${room}: the image and the longest prompt take ${before} of ${maximumPositions} positions`;
  const involves = [['model', 'language', 'maximumPositions'], ...imageTokenFields];
  return [{ path: ['generation', 'maximumNewTokens'], message, involves }];
}

/** Only what has captions can be scored by them. */
function captionComplaints({ data, evaluation }: RunConfig): readonly Complaint[] {
  const { captions } = factsOf(data.name);
  const { captionImages, teacherForced } = evaluation;
  const involves = [['data', 'name']];
  const both = `must be 0: ${data.name} has no captions ${captions.length === 0 ? '' : 'of both styles '}to score against`;
  const detailed = `must be 0: ${data.name} has no detailed captions to score against`;
  return [
    ...(captionImages === 0 || captions.length === 2
      ? []
      : [{ path: ['evaluation', 'captionImages'], message: both, involves }]),
    ...((teacherForced?.captions ?? 0) === 0 || captions.includes('ai-captions')
      ? []
      : [{ path: ['evaluation', 'teacherForced', 'captions'], message: detailed, involves }]),
  ];
}
