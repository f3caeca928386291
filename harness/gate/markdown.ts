/**
 * The result as one Markdown comment for a pull or merge request. Its first line is a hidden marker that stays the same from run to run,
 * so that a script finds the comment and updates it in place. Untrusted text stands in `<code>` elements inside HTML blocks, where neither
 * GitHub nor GitLab reads Markdown, mentions, references, emoji or links.
 */
import { escapeMarkup, singleLineText } from '../../reports/untrusted-text.js';
import type { GateResult, RegressedImage, RegressedText } from './gate-result.js';
import { imageNumbers, marginText, metricNumbers } from './number-text.js';

export interface MarkdownOptions {
  /** Address or relative path of an image's thumbnail; undefined where there is none. */
  readonly thumbnail?: (imageId: string) => string | undefined;
}

/** GitHub refuses comments of more than 65,536 characters. */
const LARGEST_COMMENT = 60_000;
const TEXT_LENGTH = 300;
const REFERENCES = 5;
const QUESTIONS = 3;

/** The hidden first line; it depends on the baseline's file only, so several gates of one repository keep a comment each. */
export function commentMarker(baselineFile: string): string {
  return `<!-- vlm-bench gate ${baselineFile.replace(/[^A-Za-z0-9._/-]+/g, '_').replace(/-+/g, '-')} -->`;
}

export function markdownOfResult(result: GateResult, { thumbnail = () => undefined }: MarkdownOptions = {}): string {
  const { verdict, sentence, baseline, candidate, margin, images, method, regressed, references } = result;
  const { by, at, reason, commit } = baseline.accepted;
  const head = [
    commentMarker(baseline.file),
    `### vlm-bench gate: ${verdict}`,
    '',
    `<p>${code(sentence, 600)}</p>`,
    '',
    metricTable(result),
    '',
    `<p>Margin ${marginText(margin.value)} (${code(margin.origin)}). ${images.lost} images lost, ${images.won} won, ${images.tied} unchanged. ${inert(method)}</p>`,
    `<p>Candidate ${code(candidate.label)}${candidate.records > 1 ? ` (${candidate.records} records)` : ''}${commitText(candidate.commit)} against ${code(baseline.label)}${commitText(commit)}, accepted by ${code(by)} on ${at}: ${code(reason)}${references === undefined ? '' : ` References ${code(references)}.`}</p>`,
    '',
  ].join('\n');
  const rows = regressed.map((image) => imageRow(image, result.metric, thumbnail(image.imageId)));
  let kept = rows.length;
  const length = () => rows.slice(0, kept).reduce((sum, row) => sum + row.length, 0);
  while (kept > 0 && head.length + length() > LARGEST_COMMENT) kept--;
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

function metricTable({ metrics }: GateResult): string {
  const rows = metrics.map((metric) => {
    const { baseline, candidate, difference, low, high, p } = metricNumbers(metric);
    const name = metric.gates ? `<strong>${code(metric.name)}</strong>` : `${code(metric.name)} (informs)`;
    return `<tr><td>${name}</td><td>${baseline}</td><td>${candidate}</td><td>${difference}</td><td>${low} to ${high}</td><td>${p.replace('<', '&lt;').replace('>', '&gt;')}</td></tr>`;
  });
  return [
    '<table>',
    '<tr><th>metric</th><th>baseline</th><th>candidate</th><th>difference</th><th>95 % interval</th><th>p</th></tr>',
    ...rows,
    '</table>',
  ].join('\n');
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
  return `<code>${inert(singleLineText(text, limit))}</code>`;
}

/** Also what Markdown could read where a renderer looks into HTML after all. */
function inert(text: string): string {
  return escapeMarkup(text).replace(/[\\*_~[\]|!]/g, (character) => `&#${character.charCodeAt(0)};`);
}
