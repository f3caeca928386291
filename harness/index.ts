/**
 * The public API of the harness: read a suite, plan its runs, reproduce it, decide, report. The command line is a thin layer over it.
 */
export { type Problem, type ProblemCode, UserError } from './errors.js';
export { type Interruption, withInterruption } from './execution/interruption.js';
export { type ReproduceOptions, reproduce } from './experiment/reproduce.js';
export { type MeasureId, measures } from './measures/measures.js';
export { findReproductions, type Reproduction, readReproduction } from './records/reproduction.js';
export type { RunResult } from './records/result.js';
export { type FinishedRun, readFinishedRun } from './records/run-record.js';
export { buildFindingView } from './report/build-view.js';
export { type WrittenReport, writeReport } from './report/write-report.js';
export {
  type Claim,
  type ClaimDecision,
  type DecideOptions,
  decideClaims,
  type FindingDecision,
} from './statistics/claims.js';
export { type PairedStatistics, pairedStatistics, type SeedPair } from './statistics/paired-seeds.js';
export { type SignFlipTest, signFlipTest } from './statistics/sign-flip.js';
export { studentTCdf, studentTQuantile } from './statistics/student-t.js';
export { readFindings, readSuite } from './suite/find-suite.js';
export { type Plan, type PlanOptions, planSuite } from './suite/plan.js';
export type { Hypothesis, Suite } from './suite/schema.js';
export { type DecidedFinding, decideFinding } from './verdict/decide-finding.js';
