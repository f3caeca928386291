/**
 * The language model of a model as two graphs: the embeddings of tokens, and the decoder with keys and values of earlier calls. The decoder
 * works as well where nothing was seen before: those are empty then.
 */
import type { LanguageConfig, MaskKind } from '../../model/config.js';
import { LANGUAGE_PREFIX, OUTPUT_HEAD, TOKEN_TABLE } from '../../model/parameters.js';
import { rotaryValues } from '../../model/rotary-tables.js';
import type { Graph, GraphBuilder } from './graph.js';
import { attention, type LayerContext, linear, projection, rmsNorm, swiglu, tensorNamed, weight } from './layers.js';
import { quantisedLookup } from './quantised-layers.js';
import { hasMarks, markText, sameImage, splitMarks } from './visual-marks.js';

/** Added to scores of positions that are not seen; finite, so that a row without any does not turn into NaN. */
const UNSEEN = -3.4028234663852886e38;

/**
 * `input_ids` [B, T] → `inputs_embeds` [B, T, D]; marked where the mask needs it.
 *
 * @param imageToken placeholder that visual tokens take the place of: where the table has no row for it, another one is looked up
 */
export function embeddingGraph(
  context: LayerContext,
  language: LanguageConfig,
  { mask, imageToken = 0 }: { readonly mask: MaskKind; readonly imageToken?: number | undefined },
): Graph {
  const { graph, format } = context;
  const { vocabularySize } = language;
  const given = graph.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const ids = imageToken < vocabularySize ? given : graph.add('Min', [given, graph.integers(vocabularySize - 1)]);
  const found =
    format === 'float32'
      ? graph.add('Gather', [weight(context, TOKEN_TABLE), ids])
      : quantisedLookup(graph, ids, { name: TOKEN_TABLE, source: tensorNamed(context, TOKEN_TABLE) }, format);
  const output = hasMarks(mask) ? markText(graph, found) : found;
  graph.output(output, 'inputs_embeds', 'float', ['batch_size', 'sequence_length', embeddingWidth(language, mask)]);
  return graph.build();
}

const embeddingWidth = ({ hiddenSize }: LanguageConfig, mask: MaskKind): number =>
  hiddenSize + (hasMarks(mask) ? 1 : 0);

/** What all layers of the decoder share. */
interface DecoderInputs {
  /** [B, T, 1, D/2H], of the positions. */
  readonly cosine: string;
  readonly sine: string;
  /** [B, 1, 1, T or 1, S], added to scores. */
  readonly maskBias: string;
  /** [B, T, heads, D/H] of queries, and of keys and values. */
  readonly queryShape: string;
  readonly keyShape: string;
}

/**
 * `inputs_embeds` [B, T, D], `attention_mask` [B, S], `position_ids` [B, T] and `past_key_values.N.key`, `.value` [B, G, S − T, D/H] →
 * `logits` [B, T, vocabulary] and `present.N.key`, `.value` [B, G, S, D/H].
 */
export function decoderGraph(context: LayerContext, language: LanguageConfig, mask: MaskKind): Graph {
  const { graph } = context;
  const { hiddenSize, attentionHeads, keyValueHeads, vocabularySize, tiedHead = true } = language;
  const channels = hiddenSize / attentionHeads;
  const places = ['batch_size', 'sequence_length'] as const;
  const given = graph.input('inputs_embeds', 'float', [...places, embeddingWidth(language, mask)]);
  const present = graph.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']);
  const positions = graph.input('position_ids', 'int64', places);
  const { embeddings, marks } = hasMarks(mask)
    ? splitMarks(graph, given, hiddenSize)
    : { embeddings: given, marks: undefined };
  const lengths = graph.add('Shape', [positions]);
  const shapeOf = (heads: number): string =>
    graph.add('Concat', [lengths, graph.integers([heads, channels])], { axis: 0 });
  const shared: DecoderInputs = {
    ...rotations(graph, positions, language),
    maskBias: maskBias(graph, { present, positions, mask, marks }),
    queryShape: shapeOf(attentionHeads),
    keyShape: shapeOf(keyValueHeads),
  };
  let hidden = graph.add('Reshape', [embeddings, graph.integers([-1, hiddenSize])]); // rows, until the end
  for (let i = 0; i < language.layers; i++) hidden = decoderLayer(context, i, hidden, language, shared);
  const normed = rmsNorm(context, hidden, `${LANGUAGE_PREFIX}.norm`, language.rmsNormEpsilon);
  const scores = projection(context, normed, tiedHead ? TOKEN_TABLE : `${OUTPUT_HEAD}.weight`);
  const shape = graph.add('Concat', [lengths, graph.integers([vocabularySize])], { axis: 0 });
  graph.output(graph.add('Reshape', [scores, shape]), 'logits', 'float', [...places, vocabularySize]);
  return graph.build();
}

/** Tables as our own model has them, so that angles are computed once and in float64. */
function rotations(graph: GraphBuilder, positions: string, language: LanguageConfig) {
  const { shape, ...tables } = rotaryValues(language);
  const rowsOf = (name: keyof typeof tables): string => {
    const table = graph.tensor(`rotary_${name}`, { dtype: 'F32', shape, read: () => tables[name] });
    return graph.add('Unsqueeze', [graph.add('Gather', [table, positions]), graph.integers([2])]);
  };
  return { cosine: rowsOf('cosine'), sine: rowsOf('sine') };
}

/** Channel i is rotated together with channel i + D/2; see `ops/rotary-embedding.ts`. */
function rotate(graph: GraphBuilder, x: string, half: number, { cosine, sine }: DecoderInputs): string {
  const [first, second] = graph.addMany('Split', [x, graph.integers([half, half])], 2, { axis: -1 }) as [
    string,
    string,
  ];
  const times = (a: string, b: string): string => graph.add('Mul', [a, b]);
  const left = graph.add('Sub', [times(first, cosine), times(second, sine)]);
  const right = graph.add('Add', [times(second, cosine), times(first, sine)]);
  return graph.add('Concat', [left, right], { axis: -1 });
}

interface MaskInputs {
  readonly present: string;
  readonly positions: string;
  readonly mask: MaskKind;
  /** Of a mask that needs them. */
  readonly marks: string | undefined;
}

/** No position sees padding. */
function maskBias(graph: GraphBuilder, inputs: MaskInputs): string {
  const isPresent = graph.add('Unsqueeze', [graph.cast(inputs.present, 'bool'), graph.integers([1])]); // [B, 1, S]
  const reached = reachedPositions(graph, inputs);
  const visible = reached === undefined ? isPresent : graph.add('And', [isPresent, reached]);
  const bias = graph.add('Where', [visible, graph.floats([0]), graph.floats([UNSEEN])]);
  return graph.add('Unsqueeze', [bias, graph.integers([1, 2])]);
}

/**
 * Which positions each position sees as far as the mask goes, [T, S] or [B, T, S]; undefined for all. A prompt is handed over in one call and
 * an answer token by token: with `prefix-bidirectional` the positions of one call see each other, whatever they are.
 */
function reachedPositions(graph: GraphBuilder, { present, positions, mask, marks }: MaskInputs): string | undefined {
  if (mask === 'prefix-bidirectional') return undefined;
  const total = graph.add('Shape', [present], { start: 1, end: 2 });
  const seen = graph.add('Sub', [total, graph.add('Shape', [positions], { start: 1, end: 2 })]);
  const scalar = (vector: string): string => graph.add('Squeeze', [vector, graph.integers([0])]);
  const [zero, one] = [graph.integers(0), graph.integers(1)];
  const sources = graph.add('Range', [zero, scalar(total), one]); // [S]
  const targets = graph.add('Range', [scalar(seen), scalar(total), one]); // [T]
  const causal = graph.add('LessOrEqual', [sources, graph.add('Unsqueeze', [targets, graph.integers([1])])]);
  return marks === undefined ? causal : graph.add('Or', [causal, sameImage(graph, marks, targets, seen)]);
}

function decoderLayer(
  context: LayerContext,
  index: number,
  hidden: string,
  language: LanguageConfig,
  shared: DecoderInputs,
): string {
  const { graph } = context;
  const { hiddenSize, attentionHeads, keyValueHeads, rmsNormEpsilon, attentionBias = 'query-key-value' } = language;
  const layer = `${LANGUAGE_PREFIX}.layers.${index}`;
  const channels = hiddenSize / attentionHeads;
  const x = rmsNorm(context, hidden, `${layer}.input_layernorm`, rmsNormEpsilon);
  const headsOf = (name: string, shape: string): string =>
    graph.add('Reshape', [linear(context, x, `${layer}.self_attn.${name}`, { bias: attentionBias !== 'none' }), shape]);
  const rotated = (heads: string): string => rotate(graph, heads, channels / 2, shared);
  /** [B, T, G, D/H] behind those of earlier calls, [B, G, S, D/H]. */
  const extended = (heads: string, kind: 'key' | 'value'): string => {
    const size = ['batch_size', keyValueHeads] as const;
    const past = graph.input(`past_key_values.${index}.${kind}`, 'float', [...size, 'past_sequence_length', channels]);
    const all = graph.add('Concat', [past, graph.add('Transpose', [heads], { perm: [0, 2, 1, 3] })], { axis: 2 });
    graph.output(all, `present.${index}.${kind}`, 'float', [...size, 'total_sequence_length', channels]);
    return graph.add('Unsqueeze', [all, graph.integers([2])]); // [B, G, 1, S, D/H]
  };
  const sharing = graph.integers([0, 0, keyValueHeads, attentionHeads / keyValueHeads, channels]);
  const grouped = graph.add('Reshape', [rotated(headsOf('q_proj', shared.queryShape)), sharing]);
  const query = graph.add('Transpose', [grouped], { perm: [0, 2, 3, 1, 4] }); // [B, G, H/G, T, D/H]
  const key = extended(rotated(headsOf('k_proj', shared.keyShape)), 'key');
  const value = extended(headsOf('v_proj', shared.keyShape), 'value');
  const mixed = attention(graph, { query, key, value, rank: 5, channels, bias: shared.maskBias });
  const swapped = graph.add('Transpose', [mixed], { perm: [0, 3, 1, 2, 4] });
  const rows = graph.add('Reshape', [swapped, graph.integers([-1, hiddenSize])]);
  const output = linear(context, rows, `${layer}.self_attn.o_proj`, { bias: attentionBias === 'all' });
  const attended = graph.add('Add', [hidden, output]);
  const y = rmsNorm(context, attended, `${layer}.post_attention_layernorm`, rmsNormEpsilon);
  const inner = (name: string): string => linear(context, y, `${layer}.mlp.${name}`, { bias: false });
  const gated = swiglu(graph, inner('gate_proj'), inner('up_proj'));
  return graph.add('Add', [attended, linear(context, gated, `${layer}.mlp.down_proj`, { bias: false })]);
}
