/**
 * Attention masks as descriptions: which query may attend to which source, said in numbers per position instead of per pair. An engine
 * makes of it what it can: a flag for a causal mask, a list of blocks, or the dense tensor that is built here, once per description.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectShape } from './shape-error.js';

export type AttentionMask =
  /** Every query sees every source. */
  | { readonly kind: 'everywhere' }
  /** Every query of a row sees the sources that are there. */
  | {
      readonly kind: 'present';
      /** 0 or 1 per [B, S]. */
      readonly present: Uint8Array;
    }
  | SegmentMask
  /** Any other mask, as bool [B, T, S]. */
  | { readonly kind: 'dense'; readonly allowed: tf.Tensor };

/**
 * Queries and sources are the same T positions. Within a document a position sees itself and what comes before it, but nothing of a
 * branch other than its own; positions of one group see each other both ways.
 */
export interface SegmentMask {
  readonly kind: 'segments';
  /** Per [B, T]: the document, −1 at padding, which sees nothing and is seen by nothing. */
  readonly documents: Int32Array;
  /** Per [B, T]: the group, −1 where there is none. */
  readonly groups: Int32Array;
  /** Per [B, T]: the branch, −1 in what all branches of a document share, which stands in front of them. Absent where none branches. */
  readonly branches?: Int32Array;
}

/** Whether every position sees all earlier ones and no later one, but for padding and the borders of documents. */
export const isCausal = ({ groups, branches }: SegmentMask): boolean =>
  branches === undefined && groups.every((group) => group < 0);

/**
 * Whether, but for padding at the end of rows, every position sees all earlier ones. What such padding sees does not matter, as nothing sees
 * padding: a flag says all of this mask.
 */
export function isPlainlyCausal(mask: SegmentMask, batch: number): boolean {
  if (!isCausal(mask)) return false;
  const { documents } = mask;
  const length = documents.length / batch;
  for (let at = 0; at < documents.length; at++) {
    const isSame = at % length === 0 || documents[at] === documents[at - 1];
    if (!isSame && documents[at] !== -1) return false;
  }
  return true;
}

/** Of two positions of one row, given as indices into the mask's arrays, whether the first may attend to the second. */
export function sees({ documents, groups, branches }: SegmentMask, from: number, to: number): boolean {
  if (documents[from]! < 0 || documents[from] !== documents[to]) return false;
  if (branches !== undefined && branches[to]! >= 0 && branches[to] !== branches[from]) return false;
  return to <= from || (groups[from]! >= 0 && groups[from] === groups[to]);
}

/** The masks of several runs together: nothing but causal ones, where a flag can stand for each, or others too. */
export type MaskFamily = 'causal' | 'mixed';

export interface MaskShape {
  readonly batch: number;
  readonly targets: number;
  readonly sources: number;
}

/** Sources that a mask speaks of, which may be fewer than the places that keys lie in. */
export function maskedSources(mask: AttentionMask, batch: number, places: number): number {
  switch (mask.kind) {
    case 'everywhere':
      return places;
    case 'present':
      return mask.present.length / batch;
    case 'segments':
      return mask.documents.length / batch;
    case 'dense':
      return mask.allowed.shape[2] ?? places;
    default:
      return mask satisfies never;
  }
}

const built = new WeakMap<AttentionMask, tf.Tensor>();

/**
 * The mask as bool [B, T, S]. It belongs to the scope that asked first, and is built again when that has ended.
 * @throws ShapeError for a dense mask of another shape or type
 */
export function denseMask(mask: AttentionMask, { batch, targets, sources }: MaskShape): tf.Tensor {
  const shape = [batch, targets, sources];
  if (mask.kind === 'dense') {
    expectShape('attention', 'mask', mask.allowed, shape, 'bool');
    return mask.allowed;
  }
  const known = built.get(mask);
  const fits = known !== undefined && !known.isDisposed && known.shape.every((size, axis) => size === shape[axis]);
  if (fits) return known;
  const dense = tf.tensor(denseValues(mask, { batch, targets, sources }), shape, 'bool');
  built.set(mask, dense);
  return dense;
}

/** 0 or 1 per [B, T, S]: row = the position that attends. */
export function denseValues(
  mask: Exclude<AttentionMask, { kind: 'dense' }>,
  { batch, targets, sources }: MaskShape,
): Uint8Array {
  const values = new Uint8Array(batch * targets * sources);
  switch (mask.kind) {
    case 'everywhere':
      return values.fill(1);
    case 'present':
      for (let b = 0; b < batch; b++) {
        const row = mask.present.subarray(b * sources, (b + 1) * sources);
        for (let t = 0; t < targets; t++) values.set(row, (b * targets + t) * sources);
      }
      return values;
    case 'segments':
      fillSegments(values, mask, { batch, length: sources });
      return values;
    default:
      return mask satisfies never;
  }
}

/** `sees` for every pair, with what a row has in common taken out of the loop: it runs for every batch. */
function fillSegments(
  values: Uint8Array,
  { documents, groups, branches }: SegmentMask,
  { batch, length }: { readonly batch: number; readonly length: number },
): void {
  for (let b = 0; b < batch; b++) {
    const start = b * length;
    for (let from = 0; from < length; from++) {
      const document = documents[start + from]!;
      if (document < 0) continue;
      const group = groups[start + from]!;
      const row = (start + from) * length;
      for (let to = 0; to <= from; to++) if (documents[start + to] === document) values[row + to] = 1;
      if (group < 0) continue;
      for (let to = from + 1; to < length; to++) {
        if (groups[start + to] === group && documents[start + to] === document) values[row + to] = 1;
      }
    }
    if (branches !== undefined) clearOtherBranches(values, branches.subarray(start, start + length), start * length);
  }
}

/** Forbids what belongs to a branch to every position that does not. */
function clearOtherBranches(values: Uint8Array, branches: Int32Array, first: number): void {
  const { length } = branches;
  for (let from = 0; from < length; from++) {
    const row = first + from * length;
    for (let to = 0; to < length; to++) {
      if (branches[to]! >= 0 && branches[to] !== branches[from]) values[row + to] = 0;
    }
  }
}
