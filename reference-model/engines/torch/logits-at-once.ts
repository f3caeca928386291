/** How many logits a loss holds at once: more are computed in chunks, and again in the backward pass. */

/** 128 MiB of float32. */
export const LOGITS_AT_ONCE = 2 ** 25;

/** Where memory goes before time: 16 MiB, enough rows for a product at full speed. */
export const FEW_LOGITS_AT_ONCE = 2 ** 22;
