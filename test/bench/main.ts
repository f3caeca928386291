/**
 * Runs benchmarks and prints one table: what was measured, the figure and its bar. `npm run bench -- gemm` runs one of them;
 * the exit code is 1 when a bar is missed. Timings depend on the machine, so nothing here is part of the tests.
 */
import { benchmarkGemm } from './gemm.js';
import type { Benchmark, Measurement } from './measurement.js';
import { benchmarkTrainingStep } from './training-step.js';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = { gemm: benchmarkGemm, 'training-step': benchmarkTrainingStep };

function row({ name, value, unit, bar }: Measurement): string {
  const verdict = bar === undefined ? '' : value >= bar ? `≥ ${bar} ✓` : `≥ ${bar} ✗`;
  return `${name.padEnd(58)}${value.toFixed(2).padStart(9)} ${unit.padEnd(10)}${verdict}`;
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  console.error(`Unknown benchmark ${unknown.join(', ')}; expected ${Object.keys(BENCHMARKS).join(', ')}.`);
  process.exit(2);
}
let isMissed = false;
for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  for (const measurement of await benchmark()) {
    console.log(row(measurement));
    isMissed ||= measurement.bar !== undefined && measurement.value < measurement.bar;
  }
}
process.exitCode = isMissed ? 1 : 0;
