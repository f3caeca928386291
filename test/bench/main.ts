/**
 * Runs benchmarks and prints one table: what was measured, the figure and its bar. `npm run bench -- gemm` runs one of them, and
 * those that take minutes run only when they are named; the exit code is 1 when a bar is missed. Timings depend on the machine, so
 * nothing here is part of the tests.
 */
import { benchmarkCheckpoint } from './checkpoint.js';
import { benchmarkData } from './data.js';
import { benchmarkDataParallel } from './data-parallel.js';
import { benchmarkEvaluate } from './evaluate.js';
import { benchmarkExport } from './export.js';
import { benchmarkGate } from './gate.js';
import { benchmarkGemm } from './gemm.js';
import type { Benchmark, Measurement } from './measurement.js';
import { benchmarkMetrics } from './metrics.js';
import { benchmarkPublish } from './publish.js';
import { benchmarkReproduce } from './reproduce.js';
import { benchmarkSharedImages } from './shared-images.js';
import { benchmarkSlurm } from './slurm.js';
import { benchmarkTorch, benchmarkTorchLarge } from './torch.js';
import { benchmarkTorchFinding } from './torch-finding.js';
import { benchmarkTrainingStep } from './training-step.js';
import { benchmarkWeights } from './weights.js';

const QUICK: Readonly<Record<string, Benchmark>> = { gemm: benchmarkGemm, 'training-step': benchmarkTrainingStep };
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  ...QUICK,
  checkpoint: benchmarkCheckpoint,
  data: benchmarkData,
  'data-parallel': benchmarkDataParallel,
  evaluate: benchmarkEvaluate,
  export: benchmarkExport,
  gate: benchmarkGate,
  metrics: benchmarkMetrics,
  publish: benchmarkPublish,
  reproduce: benchmarkReproduce,
  'shared-images': benchmarkSharedImages,
  slurm: benchmarkSlurm,
  torch: benchmarkTorch,
  'torch-finding': benchmarkTorchFinding,
  'torch-large': benchmarkTorchLarge,
  weights: benchmarkWeights,
};

function isMissed({ value, bar, ceiling }: Measurement): boolean {
  return (bar !== undefined && value < bar) || (ceiling !== undefined && value > ceiling);
}

function row(measurement: Measurement): string {
  const { name, value, unit, bar, ceiling } = measurement;
  const limits = [...(bar === undefined ? [] : [`≥ ${bar}`]), ...(ceiling === undefined ? [] : [`≤ ${ceiling}`])];
  const verdict = limits.length === 0 ? '' : `${limits.join(', ')} ${isMissed(measurement) ? '✗' : '✓'}`;
  return `${name.padEnd(58)}${value.toFixed(2).padStart(9)} ${unit.padEnd(10)}${verdict}`;
}

const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  console.error(`Unknown benchmark ${unknown.join(', ')}; expected ${Object.keys(BENCHMARKS).join(', ')}.`);
  process.exit(2);
}
let missed = false;
for (const name of named.length > 0 ? named : Object.keys(QUICK)) {
  for (const measurement of await BENCHMARKS[name]!()) {
    console.log(row(measurement));
    missed ||= isMissed(measurement);
  }
}
process.exitCode = missed ? 1 : 0;
