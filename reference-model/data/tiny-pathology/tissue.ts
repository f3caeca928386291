/**
 * What a piece of tissue is: its stain, what its nuclei look like and how many there are, and one to three structures on a 2×2 grid.
 * Cells of the grid without a structure hold nothing but nuclei, so every image shows some.
 */
import type { RandomStream } from '../../numerics/random.js';
import { pick } from '../draws.js';
import { PLACES, type Place } from '../places.js';

export const STAINS = ['eosin', 'hematoxylin', 'dab', 'trichrome', 'silver'] as const;
export const NUCLEAR_SHAPES = ['round', 'elongated', 'irregular'] as const;
export const NUCLEAR_SIZES = ['small', 'large'] as const;
export const CELLULARITIES = ['low', 'moderate', 'high'] as const;
export const STRUCTURES = ['gland', 'necrosis', 'inflammation', 'fat'] as const;

export type Stain = (typeof STAINS)[number];
export type NuclearShape = (typeof NUCLEAR_SHAPES)[number];
export type NuclearSize = (typeof NUCLEAR_SIZES)[number];
export type Cellularity = (typeof CELLULARITIES)[number];
export type Structure = (typeof STRUCTURES)[number];

export interface PlacedStructure {
  readonly structure: Structure;
  readonly place: Place;
}

export interface Tissue {
  readonly stain: Stain;
  readonly nuclearShape: NuclearShape;
  readonly nuclearSize: NuclearSize;
  readonly cellularity: Cellularity;
  /** One to three, in reading order; no two share their kind or their place. */
  readonly structures: readonly PlacedStructure[];
}

// Number of structures. Symmetric about half of the four kinds, so that each kind is present in half of all tissues.
const STRUCTURE_COUNTS = [1, 1, 1, 2, 2, 2, 2, 3, 3, 3] as const;

/** A tissue of random content, from any split. */
export function drawTissue(stream: RandomStream): Tissue {
  const count = pick(stream, STRUCTURE_COUNTS);
  const kinds = stream.shuffle(STRUCTURES);
  const places = stream.shuffle(PLACES).slice(0, count);
  return {
    stain: pick(stream, STAINS),
    nuclearShape: pick(stream, NUCLEAR_SHAPES),
    nuclearSize: pick(stream, NUCLEAR_SIZES),
    cellularity: pick(stream, CELLULARITIES),
    structures: PLACES.filter((place) => places.includes(place)).map((place, i) => ({ structure: kinds[i]!, place })),
  };
}

/** A text that is equal for two tissues if and only if they have the same attributes and structures. */
export function contentKey({ stain, nuclearShape, nuclearSize, cellularity, structures }: Tissue): string {
  const placed = structures.map(({ structure, place }) => `${place}:${structure}`);
  return [stain, nuclearShape, nuclearSize, cellularity, ...placed].join('|');
}
