/**
 * The answers of one evaluation as append-only logs, one for each identity of the model: a first line that says whose they are, then an
 * outcome a line under the key of what was asked. A killed process leaves at worst a last line that is cut short, which is cut off.
 * Of several outcomes of one key the last text counts, so that a failure that is asked again gives way and an answer never does.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { writeFully } from '../../reference-model/files/file-bytes.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { readBytes } from '../../reference-model/files/regular-file.js';
import { namingUnnamed } from '../../reference-model/files/system-errors.js';
import { firstInvalidUtf8 } from '../../reference-model/files/utf8.js';
import type { AnswerRequest, ModelIdentity, Outcome } from '../answerers/answerer.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { existsAnew } from '../files/seen-anew.js';

const LOG_FORMAT = 'vlm-bench answers 1';

/** Whose answers a log holds, and to what. */
export interface LogOwner {
  /** `id@version`. */
  readonly benchmark: string;
  readonly model: ModelIdentity;
  /** What the answerer itself said that it was; null where it says nothing. */
  readonly reported: string | null;
}

/** What an answer belongs to: benchmark, request with the image's bytes, and which repetition. The identity is the log's. */
export function answerKey(benchmark: string, { id, image, messages, decoding }: AnswerRequest, repetition = 0): string {
  const said = messages.map(({ role, text }) => [role, text]);
  const { strategy, maximumTokens } = decoding;
  return sha256(JSON.stringify([benchmark, id, image.sha256, said, strategy, maximumTokens, repetition])).slice(0, 40);
}

interface Line {
  readonly key: string;
  readonly id: string;
  readonly at: number;
  readonly outcome: Outcome;
}

/** Forced to disk this often at most: a power cut costs no more than the answers of that time. */
const SYNC_MILLISECONDS = 1000;

export class AnswerLog {
  readonly owner: LogOwner;
  readonly file: string;
  private readonly outcomes = new Map<string, Outcome>();
  private descriptor: number | undefined;
  private synced = 0;

  /** @throws UserError `record-corrupt` naming the line */
  constructor(file: string, owner: LogOwner) {
    this.file = file;
    this.owner = owner;
    if (existsAnew(file)) for (const { key, outcome } of readLog(file).lines) this.remember(key, outcome);
  }

  /** The outcome under a key; undefined where nothing was asked yet. */
  get(key: string): Outcome | undefined {
    return this.outcomes.get(key);
  }

  /** Adds an outcome; it is in the file when this returns. */
  append(key: string, id: string, outcome: Outcome): void {
    const line: Line = { key, id, at: Date.now(), outcome };
    namingUnnamed(this.file, () => writeFully(this.open(), Buffer.from(`${JSON.stringify(line)}\n`)));
    this.remember(key, outcome);
    const now = performance.now();
    if (now - this.synced < SYNC_MILLISECONDS) return;
    this.synced = now;
    namingUnnamed(this.file, () => fsyncSync(this.open()));
  }

  close(): void {
    if (this.descriptor === undefined) return;
    const { descriptor, file } = this;
    namingUnnamed(file, () => fsyncSync(descriptor));
    closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private remember(key: string, outcome: Outcome): void {
    if (outcome.kind !== 'failed' || this.outcomes.get(key)?.kind === undefined) this.outcomes.set(key, outcome);
  }

  private open(): number {
    if (this.descriptor !== undefined) return this.descriptor;
    if (!existsAnew(this.file)) writeFileAtomically(this.file, `${headerText(this.owner)}\n`);
    this.descriptor = openSync(this.file, 'r+');
    const { wholeBytes } = readLog(this.file);
    ftruncateSync(this.descriptor, wholeBytes);
    closeSync(this.descriptor);
    this.descriptor = openSync(this.file, 'a');
    return this.descriptor;
  }
}

const headerText = (owner: LogOwner): string => canonicalJson({ format: LOG_FORMAT, ...owner });

function readLog(file: string): {
  readonly owner: LogOwner;
  readonly lines: readonly Line[];
  readonly wholeBytes: number;
} {
  const bytes = readBytes(file);
  const wholeBytes = bytes.lastIndexOf(0x0a) + 1;
  const wrong = firstInvalidUtf8(bytes.subarray(0, wholeBytes));
  if (wrong !== undefined) {
    const line = bytes.subarray(0, wrong).filter((byte) => byte === 0x0a).length + 1;
    throw corrupt('this line is not UTF-8', file, line);
  }
  const [first = '', ...rest] = Buffer.from(bytes.subarray(0, wholeBytes)).toString('utf8').split('\n').slice(0, -1);
  const header = parsed(first) as (LogOwner & { readonly format?: unknown }) | undefined;
  if (header?.format !== LOG_FORMAT) throw corrupt('the first line does not say whose answers these are', file, 1);
  const { format: _, ...owner } = header;
  const lines = rest.map((text, index) => {
    const line = parsed(text) as Partial<Line> | undefined;
    if (typeof line?.key === 'string' && typeof line.outcome?.kind === 'string') return line as Line;
    throw corrupt('this line is not an answer', file, index + 2);
  });
  return { owner, lines, wholeBytes };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function corrupt(what: string, file: string, line: number): UserError {
  return new UserError({
    code: 'record-corrupt',
    what,
    where: `${file}:${line}`,
    expected: 'the log as `vlm-bench evaluate` wrote it',
    fix: 'remove this line, or delete the file: its answers are asked for again',
  });
}

/** The logs of an evaluation's folder, the one that is continued among them. */
export class AnswerLogs {
  private readonly folder: string;
  private readonly benchmark: string;
  private readonly model: ModelIdentity;
  private readonly logs = new Map<string, AnswerLog>();
  private now: AnswerLog | undefined;

  /** @throws UserError `record-corrupt` */
  constructor(folder: string, benchmark: string, model: ModelIdentity) {
    this.folder = folder;
    this.benchmark = benchmark;
    this.model = model;
    mkdirSync(folder, { recursive: true });
    this.now = this.continued();
  }

  /** The log of what the model is now, as far as that is known. */
  get current(): AnswerLog {
    this.now ??= this.logOf(null);
    return this.now;
  }

  /** Adds an outcome to the log of the version that gave it, which is continued from then on. */
  append(key: string, id: string, outcome: Outcome): AnswerLog {
    const { version = this.current.owner.reported } = outcome;
    const log = this.logOf(version);
    log.append(key, id, outcome);
    if (log !== this.current) {
      this.now = log;
      this.state(log);
    }
    return log;
  }

  /** Says which log is to be continued; once there is an answer in it. */
  settle(): void {
    if (existsSync(this.current.file)) this.state(this.current);
  }

  close(): void {
    for (const log of this.logs.values()) log.close();
  }

  private logOf(reported: string | null): AnswerLog {
    const owner = { benchmark: this.benchmark, model: this.model, reported };
    const name = `${sha256(canonicalJson(owner)).slice(0, 16)}.jsonl`;
    const known = this.logs.get(name) ?? new AnswerLog(join(this.folder, name), owner);
    this.logs.set(name, known);
    return known;
  }

  /** Of the same model and benchmark, the one that was last written to. */
  private continued(): AnswerLog | undefined {
    const pointer = join(this.folder, POINTER);
    if (!existsAnew(pointer)) return undefined;
    const name = Buffer.from(readBytes(pointer)).toString('utf8').trim();
    if (!readdirSync(this.folder).includes(name)) return undefined;
    const { owner } = readLog(join(this.folder, name));
    const isOurs = canonicalJson([owner.benchmark, owner.model]) === canonicalJson([this.benchmark, this.model]);
    return isOurs ? this.logOf(owner.reported) : undefined;
  }

  private state(log: AnswerLog): void {
    const name = log.file.slice(this.folder.length + 1);
    writeFileAtomically(join(this.folder, POINTER), `${name}\n`);
  }
}

/** Names the log that is continued. */
const POINTER = 'current';
