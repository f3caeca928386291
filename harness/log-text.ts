/**
 * The one way to a terminal and to the logs of CI systems. Text from outside (captions, labels, file names, arguments) may hold what
 * these obey: escape sequences, line breaks before `::error::` (GitHub), `##[section]` and `##vso[` (Azure), `##teamcity[`, and
 * overrides of the direction of writing. All of it is spelled out here, and every command prints through here.
 */
import { cutText } from '../reports/untrusted-text.js';

// Control characters but the tab, line and paragraph separators, lone surrogates, noncharacters, and what turns the direction of writing.
const unprintable = /(?!\t)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}\uFDD0-\uFDEF\uFEFF\uFFFE\uFFFF]/gu;
const spelledOut: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

function spellOut(character: string): string {
  return spelledOut[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** One printable line in which no CI system finds a command. Harmless text stays as it is, and so does what this returned. */
export function logLine(text: string): string {
  return text
    .replace(unprintable, spellOut)
    .replace(/#(?=#)/g, '# ')
    .replace(/:(?=:)/g, ': ');
}

/** As `logLine`, for one value among others: cut after `limit` code points, without white space around it. */
export function logText(text: string, limit = 200): string {
  const { shown, omitted } = cutText(text, limit);
  return logLine(omitted > 0 ? `${shown}…` : shown)
    .replaceAll('\t', ' ')
    .trim();
}

/** Lines of our own words with any values in them; a line break inside of one is spelled out. */
export function logLines(lines: readonly string[]): string {
  return lines.map(logLine).join('\n');
}

/** JSON that parses to the same document, in which neither a line is a command nor a character unprintable. */
export function logJson(document: unknown): string {
  return logJsonText(JSON.stringify(document, null, 2));
}

/** As `logJson`, for a document that is text already. */
function logJsonText(json: string): string {
  // Outside of strings JSON has neither number signs nor unprintable characters but line feeds.
  return json
    .replace(/##/g, '#\\u0023')
    .replace(unprintable, (character) => (character === '\n' ? '\n' : spellOut(character)));
}

/** Prints lines to stdout, and ends the last one. @param text from `logLines` and `logText`; colours of our own are left */
export function printText(text: string): void {
  const lines = text.split(ownColour).map(harmlessLines).join('');
  process.stdout.write(lines.endsWith('\n') ? lines : `${lines}\n`);
}

// A colour is a mark, a word in capitals and the mark that ends it: what `printText` leaves, and nothing else that begins with ESC.
// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with one
const ownColour = /(\u001b\[1;3[123]m[A-Z-]+\u001b\[0m)/;

function harmlessLines(text: string, index: number): string {
  return index % 2 === 1 ? text : logLines(text.split('\n'));
}

/** Prints one JSON document to stdout. */
export function printJson(document: unknown): void {
  printJsonText(JSON.stringify(document, null, 2));
}

/** As `printJson`, for a document that is text already. */
export function printJsonText(json: string): void {
  process.stdout.write(`${logJsonText(json.trimEnd())}\n`);
}

/** Prints one line to stderr: a note, a path, how far something got. */
export function printNote(line: string): void {
  console.error(logLine(line));
}
