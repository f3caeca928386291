/** What `--print-jobs` does: prepares the reproductions of suites and prints the commands of their runs instead of performing them. */
import { jobsText, type PrintedJob, printableJobs } from '../execution/jobs/print-jobs.js';
import { nextLook } from '../experiment/until-decided.js';
import { printJson, printNote, printText } from '../log-text.js';
import { absolutePlace } from '../run/load-data-sets.js';
import type { Plan } from '../suite/plan.js';
import { decideFinding, lookOutcome } from '../verdict/decide-finding.js';
import { commandFor, type SuiteOptions, typedCommand } from './options.js';

/** @param suites the looks of each; printed is the first that lacks results, where those before it leave a claim open */
export async function printJobs(
  suites: readonly (readonly Plan[])[],
  options: SuiteOptions,
  { declaration, command }: { readonly declaration?: string | undefined; readonly command?: string } = {},
): Promise<void> {
  const { engine, out, dataRoot, weights, workers, allowBroken, jobs: parallel, json } = options;
  const dataPlace = absolutePlace({ dataRoot, weights, workers, allowBroken, declaration });
  const printed: PrintedJob[] = [];
  const notes: string[] = [];
  for (const looks of suites) {
    const { place, prepared } = await nextLook(looks, {
      engine,
      out,
      command: commandFor(looks[0]!.suite.id),
      decide: ({ folder, reproduction }) => lookOutcome(decideFinding(folder, reproduction)),
      ...dataPlace,
      ...(parallel === undefined ? {} : { jobs: parallel }),
    });
    const jobs = printableJobs(prepared.jobs, command);
    printed.push(...jobs);
    if (jobs.length > 0) notes.push(...laterLooks(looks, place));
  }
  const next = nextCommand(notes.length > 0);
  const says =
    notes.length > 0 ? 'prints the runs of the next look, where a claim is open' : 'decides and writes the report';
  if (json === true) printJson({ schemaVersion: 1, jobs: printed, next });
  else if (printed.length > 0) {
    printText(jobsText(printed, [...notes, `When all of them have succeeded, this ${says}:`, next]));
  }
  for (const note of notes) printNote(note);
  printNote(
    printed.length === 0
      ? `every run has a result: this ${says}: ${next}`
      : `${printed.length} to perform; then this ${says}: ${next}`,
  );
}

/** @param morePrinted whether a later look may have to be printed; else what is left is the decision */
export function nextCommand(morePrinted: boolean, typed: string = typedCommand()): string {
  return morePrinted ? typed : typed.replace(/ --print-jobs(?= |$)/g, '');
}

/** What the looks behind the printed one would add, should it leave a claim open. */
export function laterLooks(looks: readonly Plan[], place: number): readonly string[] {
  const { suite, seeds, runs } = looks[place]!;
  const later = looks.slice(place + 1);
  if (later.length === 0) return [];
  const added = later.map((plan) => `${plan.seeds.length} seeds (${plan.runs.length - runs.length} more runs)`);
  return [
    `${suite.id}: these are the runs of the look at ${seeds.length} seeds; after it come looks at ${added.join(', ')}. Where it leaves a claim ` +
      'open, the same command prints the runs of the next look once these have their results.',
  ];
}
