/**
 * Suites, configurations, data sets and records, changed at random: each is accepted as a whole (a suite up to its smoke plan) or refused
 * by one clear error, never by a crash. Files of captions, answers and tables have a test like this beside their readers. FUZZ_RUNS sets
 * how many are tried of each kind.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { requireUnchanged, verifyDataSet } from '../../harness/commands/data-sets.js';
import { formatError, problemsOf } from '../../harness/errors.js';
import { listCheckpoints, verifyCheckpoint } from '../../harness/records/checkpoints.js';
import { runPaths } from '../../harness/records/run-paths.js';
import { readFinishedRunIn } from '../../harness/records/run-record.js';
import { performRun } from '../../harness/run/perform-run.js';
import { readSuite } from '../../harness/suite/find-suite.js';
import { planSuite } from '../../harness/suite/plan.js';
import { readRunConfig } from '../../harness/suite/read-run-config.js';
import { shippedSuiteFile } from '../../harness/suite/shipped-suites.js';
import { firstVersion } from '../fixtures/first-version.js';
import { fakeMachinery } from './fake/fake-machinery.mjs';
import { fakeJobs, fakePlan, temporaryFolder } from './fake/fake-runs.js';

const runs = Number(process.env.FUZZ_RUNS ?? 300);

/** Texts that a hand, a merge or an editor could leave in YAML, and some that only malice would. */
const pieces = [
  '',
  ':',
  '- ',
  '  ',
  '\n',
  '\t',
  '"',
  "'",
  '#',
  '&a',
  '*a',
  '!!js',
  '{',
  ']',
  '|',
  '---\n',
  '-1',
  '1e999',
  '.nan',
  'null',
  'ä',
  '\0',
  '../',
];

/** Replaces, inserts, removes, repeats or swaps: a few changes at random places of a text. */
const change = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    length: fc.integer({ min: 0, max: 30 }),
    kind: fc.constantFrom('replace', 'remove line', 'repeat line', 'number'),
    piece: fc.constantFrom(...pieces),
  }),
  { minLength: 1, maxLength: 3 },
);
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

function changed(text: string, changes: Change): string {
  return changes.reduce((current, { at, length, kind, piece }) => {
    const place = Math.floor(at * current.length);
    const lines = current.split('\n');
    const line = Math.floor(at * lines.length);
    switch (kind) {
      case 'replace':
        return current.slice(0, place) + piece + current.slice(place + length);
      case 'remove line':
        return lines.toSpliced(line, 1).join('\n');
      case 'repeat line':
        return lines.toSpliced(line, 0, lines[line]!).join('\n');
      case 'number':
        return current.slice(0, place) + current.slice(place).replace(/\d+/, piece === '' ? '0' : piece);
      default:
        return kind satisfies never;
    }
  }, text);
}

/** @returns whether it was read; whatever is thrown must be a problem that a user can fix */
async function isRead(read: () => unknown): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    expect(problemsOf(error), formatError(error, { debug: true })).toBeDefined();
    expect(formatError(error)).toMatch(/^error: \S[^\n]*\n(?: {2}\w+: +\S[^\n]*\n)* {2}fix: {6}\S/);
    return false;
  }
}

async function requireUnchangedCopy(dataRoot: string): Promise<void> {
  const { verification } = await verifyDataSet({ name: 'easy-vqa', dataRoot });
  requireUnchanged(verification, dataRoot);
}

describe('changed at random', () => {
  test.each(['finding-1', 'finding-1@1', 'finding-4', 'easy-vqa'])('the suite %s is planned or refused', async (id) => {
    const source = readFileSync(shippedSuiteFile(id), 'utf8').replace(`id: ${id}`, 'id: changed');
    const file = join(temporaryFolder(), 'suite.yaml');
    let read = 0;
    await fc.assert(
      fc.asyncProperty(change, async (changes) => {
        writeFileSync(file, changed(source, changes));
        if (await isRead(() => planSuite(readSuite(file), { smoke: true }))) read += 1;
      }),
      { numRuns: runs },
    );
    // Changes of comments and words are harmless, so that neither outcome can be all there is.
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(runs);
  });

  test('a training configuration is read or refused', async () => {
    const source = stringify(planSuite(firstVersion('finding-1')).runs[0]!.config);
    const file = join(temporaryFolder(), 'config.yaml');
    await fc.assert(
      fc.asyncProperty(change, async (changes) => {
        writeFileSync(file, changed(source, changes));
        await isRead(() => readRunConfig(file));
      }),
      { numRuns: runs },
    );
  });

  test('a data set on disk is refused, as it is not the one that is known', async () => {
    const whole = fileURLToPath(new URL('../fixtures/easy-vqa', import.meta.url));
    const root = join(temporaryFolder(), 'easy-vqa');
    const files = filesBelow(whole).filter((name) => !name.endsWith('README.md'));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.nat(), byteChange, async (name, place, edit) => {
        cpSync(whole, root, { recursive: true });
        damage(join(root, name), place, edit);
        expect(await isRead(() => requireUnchangedCopy(root))).toBe(false);
        rmSync(root, { recursive: true });
      }),
      { numRuns: Math.ceil(runs / 5) },
    );
  });

  test('a finished record and its checkpoints are refused', async () => {
    const store = temporaryFolder();
    const { job } = (await fakeJobs(store, fakePlan({ smoke: true })))[0]!;
    const signal = new AbortController().signal;
    const { runId } = await performRun(job, { machinery: fakeMachinery, onProgress: () => {}, signal });
    const { folder, checkpoints } = runPaths(store, runId);
    const read = () => {
      readFinishedRunIn(folder);
      for (const checkpoint of listCheckpoints(checkpoints)) verifyCheckpoint(checkpoint, runId);
    };
    expect(await isRead(read)).toBe(true);
    const files = filesBelow(folder).filter((name) => !name.startsWith('lock') && name !== 'log.txt');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.nat(), byteChange, async (name, place, edit) => {
        const file = join(folder, name);
        const intact = readFileSync(file);
        damage(file, place, edit);
        const isSame = readFileSync(file).equals(intact);
        expect(await isRead(read), name).toBe(isSame);
        writeFileSync(file, intact);
      }),
      { numRuns: runs },
    );
  });
});

const byteChange = fc.constantFrom('flip', 'cut', 'append', 'zeros', 'empty');
type ByteChange = typeof byteChange extends fc.Arbitrary<infer Value> ? Value : never;

function damage(file: string, place: number, edit: ByteChange): void {
  const bytes = readFileSync(file);
  const at = place % Math.max(1, bytes.length);
  switch (edit) {
    case 'flip':
      if (bytes.length > 0) bytes[at]! ^= 1 << (place & 7);
      writeFileSync(file, bytes);
      break;
    case 'cut':
      writeFileSync(file, bytes.subarray(0, at));
      break;
    case 'append':
      writeFileSync(file, Buffer.concat([bytes, Buffer.from('x')]));
      break;
    case 'zeros':
      writeFileSync(file, bytes.fill(0, at, Math.min(bytes.length, at + 16)));
      break;
    case 'empty':
      writeFileSync(file, '');
      break;
    default:
      edit satisfies never;
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}
