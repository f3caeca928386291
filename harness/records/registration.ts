/**
 * `planned-….json`: a reproduction as it is written down before anything is trained. It becomes `reproduction.json` when its runs are
 * finished, so that an earlier one stays readable until then, and it carries what had been seen before it was written: how many of its
 * runs were finished, and what was decided in this folder by another plan.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { readText } from '../files/read-input.js';
import { existsAnew } from '../files/seen-anew.js';
import {
  type EarlierDecision,
  parseReproduction,
  type Reproduction,
  readReproduction,
  reproductionText,
  writeReproduction,
} from './reproduction.js';

/**
 * Writes the plan down unless it stands there already, from an attempt that was interrupted.
 *
 * @param finishedRuns how many of its runs have a result now; asked for only where nothing tells when the hypotheses were stated
 * @returns the reproduction with its history
 */
export function registerReproduction(
  folder: string,
  reproduction: Reproduction,
  finishedRuns: () => number,
): Reproduction {
  const file = plannedFile(folder, reproduction);
  const planned = readPlanned(file);
  if (planned !== undefined) return { ...reproduction, ...historySince(planned, reproduction, folder) };
  const registered = { ...reproduction, ...history(reproduction, earlierReproduction(folder), finishedRuns) };
  writeFileAtomically(file, reproductionText(registered));
  return registered;
}

/** Puts a reproduction whose runs are all finished in the place of the one before it. */
export function completeReproduction(folder: string, reproduction: Reproduction): void {
  writeReproduction(folder, reproduction);
  rmSync(plannedFile(folder, reproduction), { force: true });
}

/**
 * What stands there; undefined where it is nothing.
 * @throws UserError `record-corrupt` where it is damaged or of another version: written over, its history would be lost
 */
export function earlierReproduction(folder: string): Reproduction | undefined {
  try {
    return readReproduction(folder);
  } catch (error) {
    if (error instanceof UserError && error.problems.every(({ code }) => code === 'record-missing')) return undefined;
    throw error;
  }
}

/** What decides, without the words around it. */
export function hypothesesDigest({ hypotheses, suite }: Pick<Reproduction, 'hypotheses' | 'suite'>): string {
  const decisive = hypotheses.map(({ statement: _, pilot: __, ...rest }) => rest);
  return sha256(canonicalJson(suite.combine === 'separate' ? { separate: decisive } : decisive));
}

export const seedCount = ({ runs }: Pick<Reproduction, 'runs'>): number => new Set(runs.map(({ seed }) => seed)).size;

type History = Pick<Reproduction, 'statedAfter' | 'decidedBefore'>;

/** A smoke run and a benchmark decide nothing. */
function history(
  reproduction: Reproduction,
  earlier: Reproduction | undefined,
  finishedRuns: () => number,
): Partial<Required<History>> {
  if (reproduction.smoke || reproduction.hypotheses.length === 0) return {};
  if (earlier === undefined) return { statedAfter: finishedRuns(), decidedBefore: [] };
  const own = decisionOf(reproduction);
  // Of a record that does not tell its recipe nothing speaks against the same.
  const last = { ...decisionOf(earlier), recipe: earlier.recipe ?? own.recipe };
  const isSame = canonicalJson(last) === canonicalJson(own);
  const isPlannedLook = own.looks.length > 0 && canonicalJson({ ...last, seeds: own.seeds }) === canonicalJson(own);
  const before = [...(earlier.decidedBefore ?? []), ...(isSame || isPlannedLook ? [] : [last])];
  return {
    statedAfter: last.hypotheses === own.hypotheses ? (earlier.statedAfter ?? 0) : finishedRuns(),
    decidedBefore: distinct(before),
  };
}

function decisionOf(reproduction: Reproduction): EarlierDecision {
  return {
    seeds: seedCount(reproduction),
    looks: reproduction.looks?.planned ?? [],
    hypotheses: hypothesesDigest(reproduction),
    recipe: reproduction.recipe ?? '',
  };
}

/** The history of a plan that was written down before, with what was decided in the folder since. */
function historySince(planned: Reproduction, reproduction: Reproduction, folder: string): History {
  const { statedAfter = 0, decidedBefore } = planned;
  if (decidedBefore === undefined) return {};
  const now = history(reproduction, earlierReproduction(folder), () => statedAfter);
  return { statedAfter, decidedBefore: distinct([...decidedBefore, ...(now.decidedBefore ?? [])]) };
}

function distinct(decisions: readonly EarlierDecision[]): EarlierDecision[] {
  return [...new Map(decisions.map((decision) => [canonicalJson(decision), decision])).values()];
}

/** Named by what is planned, so that two commands with different plans do not overwrite each other's. */
function plannedFile(folder: string, reproduction: Reproduction): string {
  const { runs, looks = null } = reproduction;
  const key = sha256(canonicalJson({ hypotheses: hypothesesDigest(reproduction), runs, looks }));
  return join(folder, `planned-${key.slice(0, 12)}.json`);
}

/** @throws UserError `record-corrupt` where it is damaged or of another version */
function readPlanned(file: string): Reproduction | undefined {
  return existsAnew(file) ? parseReproduction(readText(file), file) : undefined;
}
