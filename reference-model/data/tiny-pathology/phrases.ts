/**
 * Every word that tiny-pathology can say beyond the names of its attributes. Slots stand in braces. The tokenizer's vocabulary is built
 * from this file, so a word added here needs `tokenizer.json` rebuilt.
 */
import type { Stain, Structure } from './tissue.js';

/** Each structure as something new and as something known. */
export const STRUCTURE_NAMES: Readonly<Record<Structure, { readonly some: string; readonly the: string }>> = {
  gland: { some: 'a gland', the: 'the gland' },
  necrosis: { some: 'necrosis', the: 'the necrosis' },
  inflammation: { some: 'inflammation', the: 'the inflammation' },
  fat: { some: 'fat', the: 'the fat' },
};

/** The colour that each stain gives to the tissue. */
export const STAIN_COLORS: Readonly<Record<Stain, string>> = {
  eosin: 'pink',
  hematoxylin: 'purple',
  dab: 'brown',
  trichrome: 'blue',
  silver: 'gray',
};

/** What a place without a structure shows. */
export const NUCLEI = 'nuclei';

/** Questions that are answered yes or no, by topic. */
export const CLOSED_QUESTIONS = {
  presence: ['is {x} present?', 'is there {x} in this image?', 'does this tissue show {x}?', 'is {x} seen here?'],
  location: ['is {x} in the {place}?', 'is {x} located in the {place}?'],
  stain: ['is this {a} stain?', 'was the tissue stained with {stain}?'],
  shape: ['are the nuclei {shape}?', 'do the nuclei look {shape}?'],
  size: ['are the nuclei {size}?', 'does this tissue have {size} nuclei?'],
  cellularity: ['is the cellularity {level}?', 'does this tissue have {level} cellularity?'],
} as const;

/** Questions that are answered with a word or two, by topic. */
export const OPEN_QUESTIONS = {
  stain: ['what stain was used?', 'which stain is this?'],
  color: ['what color is the tissue?', 'what is the color of the stain?'],
  shape: ['what is the shape of the nuclei?', 'what do the nuclei look like?'],
  size: ['what is the size of the nuclei?', 'how big are the nuclei?'],
  cellularity: ['what is the cellularity?', 'how high is the cellularity?'],
  location: ['where is {x}?', 'where is {x} located?'],
  structure: ['what is seen in the {place}?', 'what does the {place} show?'],
} as const;
