/**
 * Prints scores as one JSON document or as a table, and writes per-record scores as CSV, whole or not at all.
 */
import { logLine, printJson, printNote, printText } from '../log-text.js';
import { writeOutput } from './write-output.js';

export interface PrintedScore {
  readonly name: string;
  readonly score: number;
  readonly signature: string;
  readonly ci95?: readonly [number, number];
  /** Number of questions, for VQA scores. */
  readonly questions?: number;
}

/** `counts` (such as the number of images) come first in the JSON; notes go to stderr as well as into the JSON. */
export function printScores(
  counts: Readonly<Record<string, number>>,
  scores: readonly PrintedScore[],
  notes: readonly string[],
  json: boolean,
): void {
  for (const note of notes) printNote(`note: ${note}`);
  if (json) {
    const metrics = Object.fromEntries(
      scores.map(({ name, score, ci95, signature, questions }) => [
        name,
        {
          score,
          ...(ci95 === undefined ? {} : { ci95 }),
          ...(questions === undefined ? {} : { questions }),
          signature,
        },
      ]),
    );
    const document = { ...counts, metrics, ...(notes.length === 0 ? {} : { notes }) };
    printJson(document);
    return;
  }
  const width = Math.max(...scores.map(({ name }) => name.length));
  for (const { name, score, ci95, questions } of scores) {
    const interval = ci95 === undefined ? '' : `  95 % interval ${ci95[0].toFixed(4)} to ${ci95[1].toFixed(4)}`;
    const number = questions === undefined ? '' : `  of ${questions} questions`;
    printText(`${name.padEnd(width)}  ${score.toFixed(4)}${number}${interval}`);
  }
  for (const { signature } of scores) printText(logLine(signature));
}

/** Says on stderr what files were read as, once for each, where that had to be recognised. */
export function tellOnce(): (text: string, isUsual?: boolean) => void {
  const told = new Set<string>();
  return (text, isUsual = false) => {
    if (isUsual || told.has(text)) return;
    told.add(text);
    printNote(text);
  };
}

/** Writes a CSV file through a temporary one, quoting where RFC 4180 asks for it. */
export async function writeCsv(
  file: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<void> {
  const line = (fields: readonly string[]): string => `${fields.map(quote).join(',')}\n`;
  await writeOutput(file, [line(header), ...rows.map(line)]);
}

function quote(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
