/** What `vlm-bench gate`, `gate accept` and `gate calibrate` do, from options to files and exit codes. */
import { isAbsolute, relative } from 'node:path';
import { formatError, problemsOf } from '../errors.js';
import { logJson, logText } from '../log-text.js';
import type { GateVerdict } from '../statistics/gate-decision.js';
import { readBaseline } from '../systems/baseline.js';
import { parseSystemSource, readSystem } from '../systems/read-system.js';
import { type ScoringOptions, scoringOf } from '../systems/scoring-options.js';
import type { System } from '../systems/system.js';
import { acceptBaseline, acceptingPerson, currentCommit } from './accept.js';
import { calibrateGate } from './calibrate.js';
import { judge } from './judge.js';
import { marginText } from './number-text.js';
import { type GateOutputs, writeError, writeResult } from './write-outputs.js';

interface CandidateOptions extends ScoringOptions {
  readonly candidate: readonly string[];
  readonly label?: string;
}

export interface GateOptions extends CandidateOptions, GateOutputs {
  readonly baseline: string;
  readonly metric?: readonly string[];
  readonly margin?: number;
  readonly resamples: number;
  readonly bootstrapSeed: number;
}

const exitCodes: Readonly<Record<GateVerdict, number>> = { pass: 0, regression: 3, inconclusive: 4 };

/** @returns the exit code @throws UserError or MetricError after telling every output that was asked for */
export async function runGate(options: GateOptions): Promise<number> {
  const start = performance.now();
  const context = () => ({ timestamp: new Date(), seconds: (performance.now() - start) / 1000 });
  const file = fromHere(options.baseline);
  try {
    const { metric, margin, resamples, bootstrapSeed } = options;
    const baseline = await readBaseline(options.baseline);
    const candidate = await readCandidate(options);
    const result = judge({
      baseline,
      file,
      candidate,
      ...(metric === undefined ? {} : { metrics: metric }),
      ...(margin === undefined ? {} : { margin }),
      resamples,
      seed: bootstrapSeed,
    });
    await writeResult(result, candidate, options, context());
    return exitCodes[result.verdict];
  } catch (error) {
    const [problem] = problemsOf(error) ?? [];
    const summary = problem === undefined ? String(error) : [problem.what, problem.where].filter(Boolean).join(', in ');
    writeError({ summary, text: formatError(error) }, file, options, context());
    throw error;
  }
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
    process.stdout.write(`${logJson({ baseline: file, metric: baseline.metric, margin: chosen, accepted })}\n`);
    return;
  }
  console.log(
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
    process.stdout.write(`${logJson(result)}\n`);
    return;
  }
  const width = Math.max(...result.systems.map(({ label }) => logText(label).length));
  console.log(
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

/** Reports name files from the working folder, which in CI is the repository. */
function fromHere(file: string): string {
  const path = isAbsolute(file) ? relative(process.cwd(), file) : file;
  return path.replaceAll('\\', '/');
}
