/**
 * Where calibrations are kept from one plan to the next: one file per user in the cache folder of the XDG base directory specification.
 * It holds nothing that cannot be measured again, so a file that cannot be read counts as empty.
 */
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, homedir, hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { canonicalJson } from '../files/canonical-json.js';
import { readJson } from '../files/read-input.js';
import type { Calibration, CalibrationIdentity } from './calibration.js';

const rate = z.number().gt(0);
const entry = z.strictObject({
  startSeconds: z.number().min(0),
  training: z.record(z.string(), rate),
  validation: rate,
  generation: rate,
  processorShare: z.number().min(0),
  peakMemoryBytes: z.number().gt(0).exactOptional(),
});
const fileSchema = z.strictObject({ schemaVersion: z.literal(1), calibrations: z.record(z.string(), entry) });

export function calibrationFile(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME: named = '' } = environment;
  // The specification tells to ignore relative paths.
  return join(isAbsolute(named) ? named : join(homedir(), '.cache'), 'vlm-bench', 'calibrations.json');
}

/** False while no calibration was ever stored, so that nothing needs to be known about the engines to look for one. */
export function hasCalibrations(file: string): boolean {
  return existsSync(file);
}

export function storedCalibration(file: string, identity: CalibrationIdentity): Calibration | undefined {
  return readAll(file)[keyOf(identity)];
}

/** Adds or replaces the calibration of this machine, engine, code and configuration. */
export function storeCalibration(file: string, identity: CalibrationIdentity, calibration: Calibration): void {
  const calibrations = {
    ...readAll(file),
    [keyOf(identity)]: { ...calibration, training: { ...calibration.training } },
  };
  writeFileAtomically(file, `${JSON.stringify({ schemaVersion: 1, calibrations }, null, 2)}\n`);
}

function readAll(file: string): Readonly<Record<string, z.infer<typeof entry>>> {
  try {
    return fileSchema.parse(readJson(file)).calibrations;
  } catch {
    return {};
  }
}

function keyOf(identity: CalibrationIdentity): string {
  const machine = {
    host: hostname(),
    node: process.version,
    processor: cpus()[0]?.model ?? '',
    cores: availableParallelism(),
  };
  // The seed changes the data drawn, not what a step costs.
  return sha256(canonicalJson({ machine, ...identity, config: { ...identity.config, seed: 0 } }));
}
