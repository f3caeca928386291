/**
 * How the exported decoder knows which positions are visual tokens of one image, where its mask lets them see each other both ways. Callers
 * hand it embeddings and nothing else of a token; so embeddings have one channel more, which says of a visual token which one of its image
 * it is, and −1 of any other. Tokens of an image are neighbours: their places less their marks are equal.
 */
import type { MaskKind } from '../../model/config.js';
import type { GraphBuilder } from './graph.js';

const TEXT = -1;

export function hasMarks(mask: MaskKind): boolean {
  return mask === 'visual-bidirectional';
}

/** [N, V, D] → [N, V, D + 1]. */
export function markVisual(graph: GraphBuilder, features: string, visualTokens: number): string {
  const marks = Array.from({ length: visualTokens }, (_, index) => index);
  const images = graph.add('Shape', [features], { start: 0, end: 1 });
  const shape = graph.add('Concat', [images, graph.integers([visualTokens, 1])], { axis: 0 });
  const expanded = graph.add('Expand', [graph.floats(marks, [1, visualTokens, 1]), shape]);
  return graph.add('Concat', [features, expanded], { axis: -1 });
}

/** [B, T, D] → [B, T, D + 1]. */
export function markText(graph: GraphBuilder, embeddings: string): string {
  const places = graph.add('Shape', [embeddings], { start: 0, end: 2 });
  const shape = graph.add('Concat', [places, graph.integers([1])], { axis: 0 });
  return graph.add('Concat', [embeddings, graph.add('Expand', [graph.floats([TEXT]), shape])], { axis: -1 });
}

/** [B, T, D + 1] → [B, T, D] and, as integers, the marks [B, T]. */
export function splitMarks(
  graph: GraphBuilder,
  marked: string,
  width: number,
): { readonly embeddings: string; readonly marks: string } {
  const [embeddings, last] = graph.addMany('Split', [marked, graph.integers([width, 1])], 2, { axis: -1 });
  const marks = graph.cast(graph.add('Squeeze', [last!, graph.integers([-1])]), 'int64');
  return { embeddings: embeddings!, marks };
}

/**
 * Which of the positions of a call see each other because they show the same image.
 *
 * @param marks [B, T]
 * @param places [T], of the positions among those that were seen before
 * @param seen [1], how many those are
 * @returns [B, T, seen + T]
 */
export function sameImage(graph: GraphBuilder, marks: string, places: string, seen: string): string {
  const first = graph.add('Sub', [places, marks]); // [B, T]: the place of the first token of the image
  const isVisual = graph.add('Greater', [marks, graph.integers(TEXT)]);
  // Texts are alike with nobody, and neither are positions of earlier calls, which are seen in any case.
  const groups = graph.add('Where', [isVisual, first, graph.integers(-1)]);
  const batch = graph.add('Shape', [marks], { start: 0, end: 1 });
  const earlier = graph.add('Expand', [graph.integers(-1), graph.add('Concat', [batch, seen], { axis: 0 })]);
  const sources = graph.add('Concat', [earlier, groups], { axis: 1 });
  const targets = graph.add('Where', [isVisual, first, graph.integers(-2)]);
  const row = graph.add('Unsqueeze', [targets, graph.integers([2])]);
  return graph.add('Equal', [row, graph.add('Unsqueeze', [sources, graph.integers([1])])]);
}
