/**
 * An attention mask as a grid: rows are queries, columns are keys, a filled cell with a dot is allowed, an empty struck cell is
 * forbidden. The region that differs from the other arm is outlined. Readable without colour.
 */
import type { ArmView } from '../finding-report-view.js';
import { escapeMarkup, singleLineText } from '../untrusted-text.js';
import { type ChartDescription, describedSvg } from './svg-chart.js';

type Mask = NonNullable<ArmView['mask']>;
type TokenKind = Mask['tokens'][number]['kind'];

/** Colour of each kind of token; the same in the key of the figure. */
export const TOKEN_COLORS: Readonly<Record<TokenKind, string>> = {
  visual: 'var(--visual)',
  prompt: 'var(--prompt)',
  answer: 'var(--answer)',
};

const WIDTH = 400;
const LABELS = 92;
const BAND = 7;
/** Below this size of a cell (pixels), token labels would overlap. */
const SMALLEST_LABELLED_CELL = 10;

/** @returns the grid; `other` is the mask to compare with, drawn as outlines where both have the same tokens. */
export function renderMaskGrid(mask: Mask, other: Mask | undefined, description: ChartDescription): string {
  const count = mask.tokens.length;
  const cell = count === 0 ? 0 : Math.min(22, Math.round(((WIDTH - LABELS - 8) / count) * 10) / 10);
  const labelled = cell >= SMALLEST_LABELLED_CELL;
  const size = { width: WIDTH, height: Math.ceil(LABELS + count * cell + 8) };
  const at = (index: number): number => round(LABELS + index * cell);
  const allowed: Record<TokenKind, string> = { visual: '', prompt: '', answer: '' };
  let dots = '';
  let strikes = '';
  let differing = '';
  const differs = (query: number, key: number): boolean =>
    other?.tokens.length === count && (other.allowed[query]?.[key] === true) !== (mask.allowed[query]?.[key] === true);
  /** The sides of a differing cell towards cells that do not differ: together they outline the region. */
  const borders = (query: number, key: number): string => {
    const [x, y] = [at(key), at(query)];
    return [
      differs(query - 1, key) ? '' : `M${x} ${y}h${cell}`,
      differs(query + 1, key) ? '' : `M${x} ${round(y + cell)}h${cell}`,
      differs(query, key - 1) ? '' : `M${x} ${y}v${cell}`,
      differs(query, key + 1) ? '' : `M${round(x + cell)} ${y}v${cell}`,
    ].join('');
  };
  mask.tokens.forEach((_, query) => {
    mask.tokens.forEach(({ kind }, key) => {
      const [x, y] = [at(key), at(query)];
      const open = mask.allowed[query]?.[key] === true;
      if (open) {
        allowed[kind] += `M${x} ${y}h${cell}v${cell}h${-cell}z`;
        dots += `M${round(x + cell / 2)} ${round(y + cell / 2)}h0`;
      } else {
        strikes += `M${round(x + cell * 0.32)} ${round(y + cell * 0.68)}L${round(x + cell * 0.68)} ${round(y + cell * 0.32)}`;
      }
      if (differs(query, key)) differing += borders(query, key);
    });
  });
  const end = at(count);
  const lines = mask.tokens.map((_, index) => `M${at(index)} ${LABELS}V${end}M${LABELS} ${at(index)}H${end}`).join('');
  const content = [
    ...kinds().map((kind) => `<path d="${allowed[kind]}" fill="${TOKEN_COLORS[kind]}"/>`),
    `<path d="${lines}M${end} ${LABELS}V${end}M${LABELS} ${end}H${end}" fill="none" stroke="var(--rule)" stroke-width="1"/>`,
    `<path d="${strikes}" fill="none" stroke="var(--muted)" stroke-width="1"/>`,
    `<path class="dots" d="${dots}" fill="none" stroke="var(--ink)" stroke-width="${round(Math.max(1.5, cell * 0.24))}" stroke-linecap="round"/>`,
    `<path class="differing" d="${differing}" fill="none" stroke="var(--ink)" stroke-width="2.2" stroke-linecap="square"/>`,
    ...bands(mask, at, cell),
    ...(labelled ? tokenLabels(mask, at, cell) : groupLabels(mask, at)),
    `<text x="2" y="14" font-size="12" fill="var(--muted)">query ↓ key →</text>`,
  ].join('\n');
  return describedSvg(content, size, description);
}

/** Coloured bands along both axes, one stretch per token. */
function bands({ tokens }: Mask, at: (index: number) => number, cell: number): string[] {
  return tokens.map(({ kind }, index) => {
    const color = TOKEN_COLORS[kind];
    return (
      `<rect x="${at(index)}" y="${LABELS - BAND - 2}" width="${cell}" height="${BAND}" fill="${color}"/>` +
      `<rect x="${LABELS - BAND - 2}" y="${at(index)}" width="${BAND}" height="${cell}" fill="${color}"/>`
    );
  });
}

function tokenLabels({ tokens }: Mask, at: (index: number) => number, cell: number): string[] {
  const fontSize = Math.min(12, Math.max(9.5, cell * 0.8));
  return tokens.map(({ text }, index) => {
    const label = escapeMarkup(singleLineText(text, 11));
    const middle = round(at(index) + cell / 2);
    return (
      `<text x="${LABELS - BAND - 6}" y="${middle}" dominant-baseline="central" text-anchor="end" font-size="${fontSize}" fill="var(--ink)">${label}</text>` +
      `<text transform="translate(${middle} ${LABELS - BAND - 6}) rotate(-90)" dominant-baseline="central" font-size="${fontSize}" fill="var(--ink)">${label}</text>`
    );
  });
}

/** One label per stretch of tokens of one kind, where the tokens are too many to name. */
function groupLabels({ tokens }: Mask, at: (index: number) => number): string[] {
  const starts = tokens.flatMap(({ kind }, index) => (index > 0 && tokens[index - 1]?.kind === kind ? [] : [index]));
  return starts.map((start, index) => {
    const end = starts[index + 1] ?? tokens.length;
    const middle = round((at(start) + at(end)) / 2);
    const label = `${tokens[start]?.kind} ${end - start > 1 ? `${start + 1}–${end}` : start + 1}`;
    return (
      `<text x="${LABELS - BAND - 6}" y="${middle}" dominant-baseline="central" text-anchor="end" font-size="11" fill="var(--ink)">${label}</text>` +
      `<text transform="translate(${middle} ${LABELS - BAND - 6}) rotate(-90)" dominant-baseline="central" font-size="11" fill="var(--ink)">${label}</text>`
    );
  });
}

function kinds(): readonly TokenKind[] {
  return ['visual', 'prompt', 'answer'];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
