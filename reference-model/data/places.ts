/** The four places of a generated 32×32 image: the cells of a 2×2 grid, 16×16 pixels each. */

/** The four cells in reading order. */
export const PLACES = ['top left', 'top right', 'bottom left', 'bottom right'] as const;
export type Place = (typeof PLACES)[number];

/** Row and column of a place, each 0 or 1. */
export function cellOf(place: Place): { readonly row: number; readonly column: number } {
  const cell = PLACES.indexOf(place);
  return { row: cell >> 1, column: cell & 1 };
}
