/**
 * What GitHub Actions shows: a workflow command that annotates the baseline file, and the step summary. Commands are parsed line by line
 * from both streams, so untrusted text is escaped as the runner's toolkit does.
 */
import { appendFileSync } from 'node:fs';
import { cutNote, cutText, singleLineText } from '../../reports/untrusted-text.js';
import { type GateDocument, type GateOutcome, hasBaseline } from './gate-result.js';

/** GitHub takes 64 KB and shows ten annotations of a kind per step; this is one, and a sentence needs far less. */
const LONGEST_MESSAGE = 1000;

const commands: Readonly<Record<GateOutcome | 'error', string>> = {
  pass: 'notice',
  inconclusive: 'warning',
  'below-minimum': 'error',
  regression: 'error',
  error: 'error',
};

export function githubAnnotation(document: GateDocument): string {
  const { verdict, sentence } = document;
  const file = hasBaseline(document) ? document.baseline.file : undefined;
  return command(commands[verdict], `vlm-bench gate: ${verdict}`, sentence, file);
}

export function githubErrorAnnotation(message: string): string {
  return command(commands.error, 'vlm-bench gate: error', message);
}

function command(name: string, title: string, message: string, file?: string): string {
  const properties = [...(file === undefined ? [] : [`file=${property(file)}`, 'line=1']), `title=${property(title)}`];
  return `::${name} ${properties.join(',')}::${data(shortened(message))}`;
}

function shortened(message: string): string {
  const { shown, omitted } = cutText(message, LONGEST_MESSAGE);
  return `${singleLineText(shown, LONGEST_MESSAGE)}${omitted === 0 ? '' : cutNote(omitted)}`;
}

function data(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text: string): string {
  return data(singleLineText(text, 300)).replace(/:/g, '%3A').replace(/,/g, '%2C');
}

/** Appends Markdown to the summary of this step, if a step is running. */
export function appendStepSummary(markdown: string, file = process.env.GITHUB_STEP_SUMMARY): void {
  if (file !== undefined && file !== '') appendFileSync(file, markdown);
}
