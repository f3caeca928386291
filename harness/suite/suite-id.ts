/** Which ids a suite file may take: the id names the folder of its results, where nothing else may be kept. */

import { sameFile } from '../files/shown-path.js';
import type { Complaint } from './complaint.js';
import { dataSetName } from './run-config-schema.js';
import { shippedSuiteFile, shippedSuiteIds } from './shipped-suites.js';

/** Folders of every store. */
const storeFolders = ['runs', 'images'];

/** What the results of one suite on another data set, or of its smoke runs, end in. */
const variants = ['smoke', ...dataSetName.options];

/** @param file where the suite stands; one of the package keeps its own id */
export function idComplaints(id: string, file: string): readonly Complaint[] {
  const complaint = (message: string) => [{ path: ['id'], message, fix: 'rename it' }];
  if (storeFolders.includes(id)) return complaint(`must not be "${id}": that folder holds the ${id} of all suites`);
  const variant = variants.find((name) => id.endsWith(`-${name}`));
  if (variant !== undefined) {
    const whose = variant === 'smoke' ? 'of smoke runs' : 'on that data set';
    return complaint(`must not end in "-${variant}": so do the results ${whose} of another suite`);
  }
  const isTaken = shippedSuiteIds().includes(id) && !sameFile(file, shippedSuiteFile(id));
  return isTaken ? complaint(`must not be "${id}": a suite of the package has it`) : [];
}
