/**
 * The result as one Markdown comment for a pull or merge request. Its first line is a hidden marker that stays the same from run to run,
 * so that a script finds the comment and updates it in place. Untrusted text stands in `<code>` elements inside HTML blocks, where neither
 * GitHub nor GitLab reads Markdown, mentions, references, emoji or links.
 */
import { cutNote, cutText, escapeMarkup, singleLineText } from '../../reports/untrusted-text.js';
import {
  type GateCandidate,
  type GateDocument,
  type GateMinimum,
  type GateResult,
  hasBaseline,
  type RegressedImage,
  type RegressedText,
} from './gate-result.js';
import { imageNumbers, marginText, metricNumbers, minimumNumbers } from './number-text.js';

export interface MarkdownOptions {
  /** Address or relative path of an image's thumbnail; undefined where there is none. */
  readonly thumbnail?: (imageId: string) => string | undefined;
}

/** GitHub refuses comments of more than 65,536 characters, GitLab those of more than 1,000,000. */
const LARGEST_COMMENT = 60_000;
const LARGEST_TABLE = 12_000;
const TEXT_LENGTH = 300;
const REFERENCES = 5;
const QUESTIONS = 3;

/** The hidden first line; it depends on the baseline's file only, so several gates of one repository keep a comment each. */
export function commentMarker(baselineFile: string): string {
  return `<!-- vlm-bench gate ${baselineFile.replace(/[^A-Za-z0-9._/-]+/g, '_').replace(/-+/g, '-')} -->`;
}

export function markdownOfResult(
  document: GateDocument,
  { thumbnail = () => undefined }: MarkdownOptions = {},
): string {
  const { verdict, sentence, minimums } = document;
  const compared = hasBaseline(document);
  // Without a baseline, gates are told apart by what they guard.
  const subject = compared ? document.baseline.file : `minimum ${minimums.map(({ metric }) => metric).join(' ')}`;
  const head = [
    commentMarker(subject.slice(0, TEXT_LENGTH)),
    `### vlm-bench gate: ${verdict}`,
    '',
    `<p>${code(sentence, 600)}</p>`,
    '',
    ...(compared ? [metricTable(document), ''] : []),
    ...(minimums.length === 0 ? [] : [minimumTable(minimums), '']),
    ...(compared ? comparisonParagraphs(document) : [`<p>Candidate ${candidateText(document.candidate)}.</p>`]),
    '',
  ].join('\n');
  return compared ? withRegressedImages(head, document, thumbnail) : head;
}

function comparisonParagraphs(result: GateResult): readonly string[] {
  const { baseline, candidate, margin, images, method, references } = result;
  const { by, at, reason, commit } = baseline.accepted;
  return [
    `<p>Margin ${marginText(margin.value)} (${code(margin.origin)}). ${images.lost} images lost, ${images.won} won, ${images.tied} unchanged. ${inert(method)}</p>`,
    `<p>Candidate ${candidateText(candidate)} against ${code(baseline.label)}${commitText(commit)}, accepted by ${code(by)} on ${at}: ${code(reason)}${references === undefined ? '' : ` References ${code(references)}.`}</p>`,
  ];
}

function candidateText({ label, records, commit }: GateCandidate): string {
  return `${code(label)}${records > 1 ? ` (${records} records)` : ''}${commitText(commit)}`;
}

function withRegressedImages(
  head: string,
  { verdict, metric, regressed }: GateResult,
  thumbnail: (imageId: string) => string | undefined,
): string {
  const rows = regressed.map((image) => imageRow(image, metric, thumbnail(image.imageId)));
  const kept = rowsWithin(rows, LARGEST_COMMENT - head.length);
  if (kept === 0) return head;
  return [
    head,
    `<details${verdict === 'pass' ? '' : ' open'}><summary>${kept === 1 ? 'The most regressed image' : `The ${kept} most regressed images`}${kept < rows.length ? ` (${rows.length - kept} left out: too long for a comment)` : ''}</summary>`,
    '<table>',
    '<tr><th>image</th><th>references</th><th>before</th><th>after</th></tr>',
    ...rows.slice(0, kept),
    '</table>',
    '</details>',
    '',
  ].join('\n');
}

/** How many of the rows fit into so many characters. */
function rowsWithin(rows: readonly string[], characters: number): number {
  let left = characters;
  const overflow = rows.findIndex((row) => {
    left -= row.length + 1;
    return left < 0;
  });
  return overflow === -1 ? rows.length : overflow;
}

/** A table of which no more rows are shown than leave room for the rest of the comment. */
function table(header: readonly string[], rows: readonly string[]): string {
  const kept = rowsWithin(rows, LARGEST_TABLE);
  const omitted = rows.length - kept;
  return [
    '<table>',
    `<tr>${header.map((name) => `<th>${name}</th>`).join('')}</tr>`,
    ...rows.slice(0, kept),
    '</table>',
    ...(omitted === 0 ? [] : [`<p>${omitted} more rows are left out: too long for a comment.</p>`]),
  ].join('\n');
}

function minimumTable(minimums: readonly GateMinimum[]): string {
  const rows = minimums.map((floor) => {
    const { score, minimum } = minimumNumbers(floor);
    return `<tr><td>${code(floor.metric)}</td><td>${minimum}</td><td>${score}</td><td>${floor.reached ? 'reached' : '<strong>missed</strong>'}</td></tr>`;
  });
  return table(['metric', 'minimum', 'candidate', 'outcome'], rows);
}

function metricTable({ metrics }: GateResult): string {
  const rows = metrics.map((metric) => {
    const { baseline, candidate, difference, low, high, p } = metricNumbers(metric);
    const name = metric.gates ? `<strong>${code(metric.name)}</strong>` : `${code(metric.name)} (informs)`;
    return `<tr><td>${name}</td><td>${baseline}</td><td>${candidate}</td><td>${difference}</td><td>${low} to ${high}</td><td>${p.replace('<', '&lt;').replace('>', '&gt;')}</td></tr>`;
  });
  return table(['metric', 'baseline', 'candidate', 'difference', '95 % interval', 'p'], rows);
}

function imageRow(image: RegressedImage, metric: string, thumbnail: string | undefined): string {
  const { before, after, difference } = imageNumbers(image);
  const name = singleLineText(image.imageId, 80);
  const picture =
    thumbnail === undefined
      ? ''
      : `<img src="${escapeMarkup(encodeURI(thumbnail))}" alt="image ${inert(name)}" width="128"><br>`;
  const texts = image.texts.slice(0, QUESTIONS);
  const more = image.texts.length > texts.length ? [`${image.texts.length - texts.length} more questions`] : [];
  return [
    '<tr>',
    `<td>${picture}${code(name)}<br>${inert(metric)} ${difference}</td>`,
    `<td>${[...texts.map(referencesCell), ...more].join('<hr>')}</td>`,
    `<td>${before}<br>${texts.map(({ before: text }) => said(text)).join('<hr>')}</td>`,
    `<td>${after}<br>${texts.map(({ after: text }) => said(text)).join('<hr>')}</td>`,
    '</tr>',
  ].join('');
}

function referencesCell({ prompt, references }: RegressedText): string {
  const shown = references.slice(0, REFERENCES).map((reference) => code(reference));
  if (references.length > shown.length) shown.push(`${references.length - shown.length} more`);
  return [...(prompt === undefined ? [] : [`<em>${code(prompt)}</em>`]), ...shown].join('<br>');
}

function said(text: string | undefined): string {
  if (text === undefined) return 'not recorded';
  return text.trim() === '' ? 'empty' : code(text);
}

function commitText(commit: string | undefined): string {
  return commit === undefined ? '' : ` at ${code(commit.slice(0, 12))}`;
}

function code(text: string, limit = TEXT_LENGTH): string {
  const { shown, omitted } = cutText(text, limit);
  return `<code>${inert(singleLineText(shown, limit))}</code>${omitted === 0 ? '' : cutNote(omitted)}`;
}

/** Also what Markdown could read where a renderer looks into HTML after all. */
function inert(text: string): string {
  return escapeMarkup(text).replace(/[\\*_~[\]|!]/g, (character) => `&#${character.charCodeAt(0)};`);
}
