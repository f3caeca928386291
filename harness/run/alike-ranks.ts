/**
 * Ranks train one model only where all of them compute the same: what differs is refused by the name of the rank that differs from rank 0,
 * with the same error on every rank, before anything is trained.
 */
import { isDeepStrictEqual } from 'node:util';
import { RankError, type Ranks } from '../../reference-model/ranks/ranks.js';
import type { RunIdentity } from '../records/run-identity.js';

/** What each process decides for itself when it is started, by name. */
export type RankStart = Readonly<Record<string, string>>;

/** Every rank calls it when it has joined. @throws RankError naming the first rank that was started otherwise than rank 0 */
export async function requireAlikeStarts(ranks: Ranks, own: RankStart): Promise<void> {
  const [first = own, ...others] = await ranks.exchange(own);
  for (const [index, start] of others.entries()) {
    const other = Object.keys({ ...first, ...start }).filter((name) => first[name] !== start[name]);
    if (other.length === 0) continue;
    const told = (said: RankStart) => other.map((name) => `${name} ${said[name] ?? 'unknown'}`).join(', ');
    throw new RankError(index + 1, {
      what: `it was started otherwise than rank 0: with ${told(start)}`,
      expected: `${told(first)}, as rank 0 has it`,
      fix: 'start every rank with the same command, the same vlm-bench (same commit, same build), the same engine and the same environment',
    });
  }
}

/** What of a run's identity is another on this rank, in words; nothing where it is the same run. */
export function identityDifferences(own: RunIdentity, asked: RunIdentity): readonly string[] {
  const named = {
    'content of the data sets': [own.dataFingerprint, asked.dataFingerprint],
    'content of the weights': [own.weights ?? 'none', asked.weights ?? 'none'],
    'version of vlm-bench': [own.codeVersion, asked.codeVersion],
    'engine numerics': [own.engineNumerics, asked.engineNumerics],
  } as const;
  return [
    ...firstDifference(own.config, asked.config, 'configuration'),
    ...Object.entries(named).flatMap(([name, [mine, theirs]]) =>
      mine === theirs ? [] : [`${name} (${mine.slice(0, SHOWN)}, not ${theirs.slice(0, SHOWN)})`],
    ),
  ];
}

/** Characters of a digest that an error shows; engine numerics are text of about this length. */
const SHOWN = 80;

/** Where two values of plain data differ first, as a path. */
function firstDifference(own: unknown, asked: unknown, path: string): readonly string[] {
  if (isDeepStrictEqual(own, asked)) return [];
  if (!isRecord(own) || !isRecord(asked)) {
    return [`${path} (${shown(own)}, not ${shown(asked)})`];
  }
  for (const key of Object.keys({ ...asked, ...own }).sort()) {
    const found = firstDifference(own[key], asked[key], `${path}.${key}`);
    if (found.length > 0) return found;
  }
  return [];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, SHOWN);
