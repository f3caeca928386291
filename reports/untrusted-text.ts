/**
 * Text from data sets, models and suites is hostile until proven otherwise: it may hold markup, control characters,
 * direction overrides or a megabyte of one letter. These functions make it printable; escaping follows at the sink.
 */
import { formatCount } from './numbers.js';

/** Longest text shown on the page before it is cut, in code points. */
export const TEXT_LIMIT = 600;

/** @returns `text` without what HTML forbids: control characters (but tab and line feed), lone surrogates, noncharacters. */
export function printableText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/[^\P{Cc}\t\n]|\p{Surrogate}|[\uFDD0-\uFDEF\uFFFE\uFFFF]/gu, '\uFFFD');
}

/** @returns one line of `text` in which direction controls are spelled out: for places that `<bdi>` cannot reach. */
export function singleLineText(text: string, limit: number = TEXT_LIMIT): string {
  const { shown, omitted } = cutText(text, limit);
  const line = printableText(shown)
    .replace(/\s+/g, ' ')
    .replace(
      /\p{Bidi_Control}/gu,
      (control) => `[U+${control.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`,
    );
  return omitted > 0 ? `${line}…` : line;
}

/** Cuts `text` after `limit` code points. `omitted` counts the code points left out. */
export function cutText(text: string, limit: number): { readonly shown: string; readonly omitted: number } {
  if (text.length <= limit) return { shown: text, omitted: 0 };
  let end = 0;
  let count = 0;
  for (const character of text) {
    if (count === limit) break;
    end += character.length;
    count += 1;
  }
  let omitted = 0;
  for (const _ of text.slice(end)) omitted += 1;
  return { shown: text.slice(0, end), omitted };
}

/**
 * The note after a text that was cut.
 * @param document file beside the page that holds the whole text, where there is one
 */
export function cutNote(omitted: number, document = ''): string {
  const rest = `${formatCount(omitted)} more characters`;
  return document === '' ? `… (${rest})` : `… (${rest}; the full text is in ${document})`;
}

/** Escapes text for element content and double-quoted attributes of HTML and SVG. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"'`=]/g, (character) => `&#${character.charCodeAt(0)};`);
}
