/**
 * What GitHub Actions shows: a workflow command that annotates the baseline file, and the step summary. Commands are parsed line by line
 * from both streams, so untrusted text is escaped as the runner's toolkit does.
 */
import { appendFileSync } from 'node:fs';
import { singleLineText } from '../../reports/untrusted-text.js';
import type { GateVerdict } from '../statistics/gate-decision.js';
import type { GateResult } from './gate-result.js';

const commands: Readonly<Record<GateVerdict | 'error', string>> = {
  pass: 'notice',
  inconclusive: 'warning',
  regression: 'error',
  error: 'error',
};

export function githubAnnotation({ verdict, sentence, baseline }: GateResult): string {
  return command(commands[verdict], `vlm-bench gate: ${verdict}`, sentence, baseline.file);
}

export function githubErrorAnnotation(message: string): string {
  return command(commands.error, 'vlm-bench gate: error', message);
}

function command(name: string, title: string, message: string, file?: string): string {
  const properties = [...(file === undefined ? [] : [`file=${property(file)}`, 'line=1']), `title=${property(title)}`];
  return `::${name} ${properties.join(',')}::${data(singleLineText(message, 1000))}`;
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
