/**
 * One process of a user's program: it reads a request a line and writes an answer a line, as JSON, and lives as long as it is needed.
 * Answers are told apart by their ids, so that they may come in any order; what is no answer is noted and passed over.
 */
import { isUtf8 } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { logText } from '../../log-text.js';

/** What a program says of one request; checked field by field by whoever reads it. */
export type Reply = Readonly<Record<string, unknown>>;

/** Why a request has no reply. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure';
}

/** A longer line is no answer. */
const LONGEST_LINE = 16_000_000;

export class Program {
  /** Replies that it has given. */
  replies = 0;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<string, { resolve(reply: Reply): void; reject(error: Error): void }>();
  private readonly ended: Promise<void>;
  private isEnded = false;
  private rest = '';
  private errors = '';
  private stray: string | undefined;

  /** @param command a line for the shell */
  constructor(command: string, { onStray }: { readonly onStray?: (line: string) => void } = {}) {
    // A group of its own, so that whatever the shell starts can be ended with it.
    this.child = spawn(command, {
      shell: true,
      detached: process.platform !== 'win32',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // A character for each byte: lines are split first, and decoded one by one.
    this.child.stdout!.setEncoding('latin1').on('data', (chunk: string) => this.read(chunk, onStray));
    this.child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      this.errors = (this.errors + chunk).slice(-4000);
    });
    // A program that ends closes the pipe while we write.
    this.child.stdin!.on('error', () => {});
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        if (this.isEnded) return;
        this.isEnded = true;
        for (const { reject } of this.waiting.values())
          reject(new ProgramFailure(`the command ${how}${this.lastWords()}`));
        this.waiting.clear();
        resolve();
      };
      this.child.on('error', (error) => end(`cannot be started: ${error.message}`));
      this.child.on('close', (code, signal) =>
        end(signal === null ? `ended with exit code ${code}` : `ended by ${signal}`),
      );
    });
  }

  get isAlive(): boolean {
    return !this.isEnded;
  }

  /** @throws ProgramFailure where the process ends first, or has no reply within the time; it is ended then */
  async ask(request: { readonly id: string } & Reply, limitMilliseconds: number): Promise<Reply> {
    if (this.isEnded) throw new ProgramFailure(`the command has ended${this.lastWords()}`);
    let timer: NodeJS.Timeout | undefined;
    const reply = new Promise<Reply>((resolve, reject) => {
      this.waiting.set(request.id, { resolve, reject });
      timer = setTimeout(() => {
        this.waiting.delete(request.id);
        reject(new ProgramFailure(`no answer within ${limitMilliseconds / 1000} s${this.lastWords()}`));
        this.kill();
      }, limitMilliseconds);
    });
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    try {
      return await reply;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets the program end by itself, at the end of its input; then makes it. */
  async close(graceMilliseconds = 2000): Promise<void> {
    if (this.isEnded) return;
    this.child.stdin!.end();
    const timer = setTimeout(() => this.kill(), graceMilliseconds);
    await this.ended;
    clearTimeout(timer);
  }

  private kill(): void {
    try {
      if (process.platform === 'win32') this.child.kill('SIGKILL');
      else process.kill(-this.child.pid!, 'SIGKILL');
    } catch {
      // It has ended by itself meanwhile.
    }
  }

  private read(chunk: string, onStray: ((line: string) => void) | undefined): void {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop()!;
    if (this.rest.length > LONGEST_LINE) this.kill();
    for (const line of lines) {
      if (line.trim() === '') continue;
      const reply = replyIn(line);
      const id = reply?.id;
      const asked = typeof id === 'string' || typeof id === 'number' ? this.waiting.get(String(id)) : undefined;
      if (reply === undefined) {
        this.stray = line;
        onStray?.(line);
      }
      // One that nobody waits for is a second answer, or one that came too late.
      if (asked === undefined) continue;
      this.waiting.delete(String(id));
      this.replies++;
      asked.resolve(reply!);
    }
  }

  /** What may tell why. */
  private lastWords(): string {
    const lines = this.errors.trim().split('\n');
    const last = lines.at(-1) || this.stray;
    return last === undefined || last === '' ? '' : `; its last words: ${logText(last, 300)}`;
  }
}

/** @param line a character for each byte; one that is not UTF-8 is no reply */
function replyIn(line: string): Reply | undefined {
  const bytes = Buffer.from(line, 'latin1');
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Reply) : undefined;
  } catch {
    return undefined;
  }
}
