/** What `vlm-bench gate`, `gate accept` and `gate calibrate` do, from options to files and exit codes. */
import { relative, resolve } from 'node:path';
import { formatError, problemsOf, UserError } from '../errors.js';
import { logText, printJson, printText } from '../log-text.js';
import { readBaseline } from '../systems/baseline.js';
import { parseSystemSource, readSystem } from '../systems/read-system.js';
import { type ScoringOptions, scoringOf } from '../systems/scoring-options.js';
import type { System } from '../systems/system.js';
import { acceptBaseline, acceptingPerson, currentCommit } from './accept.js';
import { calibrateGate } from './calibrate.js';
import type { GateDocument, GateOutcome } from './gate-result.js';
import { judge } from './judge.js';
import { judgeMinimums, type MinimumRequest } from './minimum.js';
import { marginText } from './number-text.js';
import { type GateOutputs, writeError, writeResult } from './write-outputs.js';

interface CandidateOptions extends ScoringOptions {
  readonly candidate: readonly string[];
  readonly label?: string;
}

export interface GateOptions extends CandidateOptions, GateOutputs {
  /** Without one, `minimum` decides alone. */
  readonly baseline?: string;
  readonly metric?: readonly string[];
  readonly margin?: number;
  readonly minimum?: readonly MinimumRequest[];
  readonly resamples: number;
  readonly bootstrapSeed: number;
}

const exitCodes: Readonly<Record<GateOutcome, number>> = {
  pass: 0,
  regression: 3,
  'below-minimum': 3,
  inconclusive: 4,
};

/** @returns the exit code @throws UserError or MetricError after telling every output that was asked for */
export async function runGate(options: GateOptions): Promise<number> {
  const start = performance.now();
  const context = () => ({ timestamp: new Date(), seconds: (performance.now() - start) / 1000 });
  const file = fromHere(options.baseline ?? options.candidate[0]!);
  try {
    const { document, candidate } = await decide(options, file);
    await writeResult(document, file, candidate, options, context());
    return exitCodes[document.verdict];
  } catch (error) {
    const [problem] = problemsOf(error) ?? [];
    const summary = problem === undefined ? String(error) : [problem.what, problem.where].filter(Boolean).join(', in ');
    writeError({ summary, text: formatError(error) }, file, options, context());
    throw error;
  }
}

async function decide(
  options: GateOptions,
  file: string,
): Promise<{ readonly document: GateDocument; readonly candidate: System }> {
  const { metric, margin, minimum = [], resamples, bootstrapSeed } = options;
  if (options.baseline === undefined) {
    if (margin !== undefined) throw withoutBaseline('a margin is a loss against a baseline', '--margin');
    if (metric !== undefined && metric.length > 1) {
      throw withoutBaseline('without a baseline there is nothing that further metrics could inform about', '--metric');
    }
    const candidate = await readCandidate(options);
    return { document: judgeMinimums(candidate, minimum, metric?.[0]), candidate };
  }
  const baseline = await readBaseline(options.baseline);
  const candidate = await readCandidate(options);
  const document = judge({
    baseline,
    file,
    candidate,
    ...(metric === undefined ? {} : { metrics: metric }),
    ...(margin === undefined ? {} : { margin }),
    minimums: minimum,
    resamples,
    seed: bootstrapSeed,
  });
  return { document, candidate };
}

function withoutBaseline(what: string, where: string): UserError {
  const fix = 'add --baseline FILE, or leave this out; a floor for another metric is --minimum METRIC=X';
  return new UserError({ code: 'usage', what, where, expected: 'a baseline', fix }, { exitCode: 2 });
}

export interface AcceptOptions extends CandidateOptions {
  readonly baseline: string;
  readonly reason: string;
  readonly metric?: readonly string[];
  readonly margin?: number;
  readonly acceptedBy?: string;
  readonly acceptedAt?: Date;
  readonly json?: true;
}

export async function runAccept(options: AcceptOptions): Promise<void> {
  const { baseline: file, reason, metric, margin, acceptedBy, acceptedAt = new Date(), json } = options;
  const candidate = await readCandidate(options);
  const commit = currentCommit();
  const {
    accepted,
    margin: chosen,
    ...baseline
  } = await acceptBaseline({
    file,
    candidate,
    reason,
    by: acceptingPerson(acceptedBy),
    at: acceptedAt,
    ...(commit === undefined ? {} : { commit }),
    ...(metric === undefined ? {} : { metric: metric[0]! }),
    ...(margin === undefined ? {} : { margin }),
  });
  const latest = accepted.at(-1)!;
  if (json === true) {
    printJson({ baseline: file, metric: baseline.metric, margin: chosen, accepted });
    return;
  }
  printText(
    [
      `accepted   ${logText(latest.candidate)}: ${logText(baseline.metric)} ${latest.score.toFixed(4)}`,
      `margin     ${chosen.value} (${logText(chosen.origin)})`,
      `by         ${logText(latest.by)}: ${logText(latest.reason)}`,
      `baseline   ${logText(file)}`,
    ].join('\n'),
  );
}

export interface CalibrateOptions extends ScoringOptions {
  readonly metric?: readonly string[];
  readonly falseAlarms: number;
  readonly confidence: number;
  readonly json?: true;
}

export async function runCalibrate(sources: readonly string[], options: CalibrateOptions): Promise<void> {
  const { metric, falseAlarms, confidence, json } = options;
  const systems: System[] = [];
  for (const source of sources) systems.push(await readSystem(parseSystemSource(source), scoringOf(options)));
  const result = calibrateGate(systems, {
    falseAlarms,
    confidence,
    ...(metric === undefined ? {} : { metric: metric[0]! }),
  });
  if (json === true) {
    printJson(result);
    return;
  }
  const width = Math.max(...result.systems.map(({ label }) => logText(label).length));
  printText(
    [
      ...result.systems.map(
        ({ label, score }) => `system  ${logText(label).padEnd(width)}  ${logText(result.metric)} ${score.toFixed(4)}`,
      ),
      `margin  ${marginText(result.margin)}`,
      result.sentence,
      `Best estimate: ${(100 * result.falseAlarmRate).toFixed(2)} % of unchanged systems lose that much.`,
    ].join('\n'),
  );
}

function readCandidate({ candidate, label, ...scoring }: CandidateOptions): Promise<System> {
  return readSystem({ ...(label === undefined ? {} : { label }), paths: candidate }, scoringOf(scoring));
}

/** Reports name files from the working folder, which in CI is the repository, and without `./`. */
function fromHere(file: string): string {
  return relative(process.cwd(), resolve(file)).replaceAll('\\', '/');
}
