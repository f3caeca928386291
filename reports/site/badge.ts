/**
 * A badge for a README or a web page: what is judged and how it came out, as a self-contained SVG of fixed size. The width of the text is
 * computed from the advance widths of DejaVu Sans (whose metrics Verdana shares) and stated in the SVG, so that no font overflows its box.
 */
import { escapeMarkup, singleLineText } from '../untrusted-text.js';

export type BadgeTone = 'good' | 'settled' | 'bad' | 'open' | 'neutral';

export interface BadgeView {
  readonly label: string;
  readonly value: string;
  readonly tone: BadgeTone;
}

/** Backgrounds on which white text has a contrast of at least 4.5. */
const COLORS: Readonly<Record<BadgeTone, string>> = {
  good: '#00664b',
  settled: '#4b3f8f',
  bad: '#a33a00',
  open: '#6b5900',
  neutral: '#0a5a94',
};
const LABEL_COLOR = '#43474e';
const FONT_SIZE = 11;
const PADDING = 7;
/** Advance widths of U+0020 to U+007E in hundredths of an em. */
const WIDTHS = [
  32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
  84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61,
  69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59,
  82, 59, 59, 52, 64, 34, 64, 84,
] as const;
/** Wider than most letters: what the table does not hold gets room rather than none. */
const OTHER_WIDTH = 100;

/** @returns the badge as an SVG document; long texts are cut. */
export function renderBadge({ label, value, tone }: BadgeView): string {
  const left = place(singleLineText(label, 60), 0);
  const right = place(singleLineText(value, 60), left.width);
  const width = left.width + right.width;
  const name = escapeMarkup(`${left.text}: ${right.text}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" viewBox="0 0 ${width} 20" role="img" aria-label="${name}">`,
    `<title>${name}</title>`,
    `<clipPath id="round"><rect width="${width}" height="20" rx="3"/></clipPath>`,
    `<g clip-path="url(#round)"><rect width="${left.width}" height="20" fill="${LABEL_COLOR}"/><rect x="${left.width}" width="${right.width}" height="20" fill="${COLORS[tone]}"/></g>`,
    `<g fill="#fff" font-family="Verdana, 'DejaVu Sans', Geneva, sans-serif" font-size="${FONT_SIZE}" text-anchor="middle">${left.element}${right.element}</g>`,
    '</svg>',
    '',
  ].join('\n');
}

function place(text: string, from: number) {
  const length = textWidth(text);
  const width = Math.ceil(length) + 2 * PADDING;
  const middle = from + width / 2;
  const element = `<text x="${middle}" y="14" textLength="${length}" lengthAdjust="spacingAndGlyphs">${escapeMarkup(text)}</text>`;
  return { text, width, element };
}

/** Pixels that `text` takes at the badge's font size, to a tenth. */
function textWidth(text: string): number {
  let hundredths = 0;
  for (const character of text) hundredths += WIDTHS[character.codePointAt(0)! - 32] ?? OTHER_WIDTH;
  return Math.round((hundredths * FONT_SIZE) / 10) / 10;
}
