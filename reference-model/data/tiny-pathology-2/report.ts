/** What a pathologist would write about a piece of tissue, and the words for what each place of its image shows. */
import type { CellWords } from '../dataset.js';
import { cellOf } from '../places.js';
import { withArticle } from '../sentences.js';
import { NUCLEI, STRUCTURE_NAMES } from '../tiny-pathology/phrases.js';
import type { Tissue } from '../tiny-pathology/tissue.js';

/** Stain, nuclei, cellularity, and every structure in reading order with its place: complete, and always in one style. */
export function report({ stain, nuclearSize, nuclearShape, cellularity, structures }: Tissue): string {
  const placed = structures.map(({ structure, place }) => `${STRUCTURE_NAMES[structure].some} in the ${place}`);
  const listed = [...placed.slice(0, -2), placed.slice(-2).join(' and ')].join(', ');
  return `${withArticle(stain)} stain with ${nuclearSize} ${nuclearShape} nuclei, ${cellularity} cellularity, ${listed}.`;
}

/** In each cell its structure or nuclei, and what is true of the whole image. */
export function tissueWords({ stain, nuclearSize, nuclearShape, cellularity, structures }: Tissue): CellWords {
  return [0, 1].map((row) =>
    [0, 1].map((column) => {
      const here = structures.find(({ place }) => cellOf(place).row === row && cellOf(place).column === column);
      return [here?.structure ?? NUCLEI, stain, nuclearSize, nuclearShape, cellularity];
    }),
  );
}
