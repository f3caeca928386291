/** Sizes beyond any model of the families that are read: a configuration that claims more is taken for damaged. */
export const LARGEST_WIDTH = 2 ** 16;
export const LARGEST_LAYERS = 2 ** 10;
export const LARGEST_VOCABULARY = 2 ** 22;
/** The tables of rotary positions are as long. */
export const LARGEST_CONTEXT = 2 ** 20;
