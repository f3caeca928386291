/**
 * A suite with what stands beside it: its pilot, and the files and digests by which a record can show later that both were fixed before it
 * was made.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { sha256 } from '../../reference-model/files/hashing.js';
import { readText } from '../files/read-input.js';
import { shownPath } from '../files/shown-path.js';
import { pilotComplaints } from './checks/pilot-rules.js';
import { readExtendedSuite } from './extended-suite.js';
import { readSuite } from './find-suite.js';
import { type Pilot, pilotSchema } from './pilot-schema.js';
import { checkYaml, refuseComplaints } from './read-yaml.js';
import type { Suite } from './schema.js';
import type { SuiteOrigin } from './suite-origin.js';
import { readYamlSource } from './yaml-source.js';

export interface StatedSuite {
  readonly suite: Suite;
  readonly origin: SuiteOrigin;
}

/** @throws UserError with file:line:column for everything wrong in the suite, in those that it extends, or in its pilot */
export function readStatedSuite(file: string): StatedSuite {
  const suite = readSuite(file);
  const { files } = readExtendedSuite(file);
  const digest = sha256(files.map((path) => sha256(readText(path))).join('\n'));
  const pilotFile = pilotFileOf(file, suite.id);
  if (!existsSync(pilotFile)) return { suite, origin: { files, suite: digest } };
  const pilot = { digest: sha256(readText(pilotFile)), content: readPilot(pilotFile, suite) };
  return { suite, origin: { files: [...files, pilotFile], suite: digest, pilot } };
}

/** `pilots/<suite id>.yaml` beside the suite. */
function pilotFileOf(suiteFile: string, suiteId: string): string {
  return join(dirname(resolve(suiteFile)), 'pilots', `${suiteId}.yaml`);
}

/** @throws UserError `file-unreadable`, `suite-syntax` or `suite-invalid` */
function readPilot(file: string, suite: Suite): Pilot {
  const sources = [readYamlSource(shownPath(file))];
  const { value } = sources[0]!;
  const pilot = checkYaml(value, { sources, schema: pilotSchema, code: 'suite-invalid' });
  refuseComplaints(pilotComplaints(pilot, suite), { value, sources, code: 'suite-invalid' });
  return pilot;
}
