/**
 * What checkpoints call the parameters of a model. One spelling is ours: that of a whole LLaVA model as `transformers` 4 writes it, which
 * both of its major versions read. Others are translated by their beginning, the longest one that fits.
 */
import { CONNECTOR_PREFIX, LANGUAGE_PREFIX, OUTPUT_HEAD, VISION_PREFIX } from '../../model/parameters.js';
import type { NameRule } from './match-tensors.js';

/** What follows the beginning, and what to do with it. */
interface Beginning {
  readonly theirs: string;
  readonly ours: string;
}

/** Of whole models: `transformers` 4, 5, and models saved as they stand in memory. */
const WHOLE: readonly Beginning[] = [
  { theirs: 'vision_tower.vision_model.', ours: `${VISION_PREFIX}.` },
  { theirs: 'vision_tower.', ours: `${VISION_PREFIX}.` },
  { theirs: 'model.vision_tower.vision_model.', ours: `${VISION_PREFIX}.` },
  { theirs: 'model.vision_tower.', ours: `${VISION_PREFIX}.` },
  { theirs: 'multi_modal_projector.', ours: `${CONNECTOR_PREFIX}.` },
  { theirs: 'model.multi_modal_projector.', ours: `${CONNECTOR_PREFIX}.` },
  { theirs: 'language_model.model.', ours: `${LANGUAGE_PREFIX}.` },
  { theirs: 'model.language_model.', ours: `${LANGUAGE_PREFIX}.` },
  { theirs: 'language_model.lm_head.', ours: `${OUTPUT_HEAD}.` },
  { theirs: 'lm_head.', ours: `${OUTPUT_HEAD}.` },
];

/** Of an encoder alone, or of both towers of a contrastive model. */
const VISION: readonly Beginning[] = [
  { theirs: 'vision_model.', ours: `${VISION_PREFIX}.` },
  { theirs: '', ours: `${VISION_PREFIX}.` },
];

/** Of a language model alone, with its head or without. */
const LANGUAGE: readonly Beginning[] = [
  { theirs: 'model.', ours: `${LANGUAGE_PREFIX}.` },
  { theirs: 'lm_head.', ours: `${OUTPUT_HEAD}.` },
  { theirs: '', ours: `${LANGUAGE_PREFIX}.` },
];

/** The other tower of a contrastive model, and what compares the two. */
const OTHER_TOWER = /^(text_model\.|visual_projection\.|text_projection\.|logit_scale$|logit_bias$)/;

const longestFirst = (beginnings: readonly Beginning[]): readonly Beginning[] =>
  [...beginnings].sort((a, b) => b.theirs.length - a.theirs.length);

function ruleOf(beginnings: readonly Beginning[], isUnused: (parameter: string) => boolean, other?: RegExp): NameRule {
  const sorted = longestFirst(beginnings);
  return (name) => {
    if (other?.test(name) === true) return 'unused';
    const beginning = sorted.find(({ theirs }) => name.startsWith(theirs));
    if (beginning === undefined) return 'unknown';
    const parameter = beginning.ours + name.slice(beginning.theirs.length);
    return isUnused(parameter) ? 'unused' : parameter;
  };
}

type Unused = (parameter: string) => boolean;

/** @param isUnused by our name, whether the model does without a tensor */
export const wholeNames = (isUnused: Unused): NameRule => ruleOf(WHOLE, isUnused);
export const visionNames = (isUnused: Unused): NameRule => ruleOf(VISION, isUnused, OTHER_TOWER);
export const languageNames = (isUnused: Unused): NameRule => ruleOf(LANGUAGE, isUnused);
