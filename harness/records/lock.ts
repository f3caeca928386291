/**
 * A lock between processes that survives crashes without races. Whoever wants it publishes a claim (an empty file whose unique
 * name identifies the process), then looks: if any other claim belongs to a living process, it withdraws and waits. Of two
 * that publish at once, the later to look must see the other, so never both hold it. Claims of dead processes are removed;
 * that is safe because no name is ever used twice.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.js';

export interface Lock {
  release(): void;
}

/** Takes the lock kept in `folder` if nobody living holds it, else returns who does. */
export function tryLock(folder: string): Lock | { readonly heldBy: ProcessIdentity } {
  const own = claimName(ownIdentity());
  const ownFile = join(folder, own);
  publishClaim(folder, ownFile);
  const release = () => rmSync(ownFile, { force: true });
  for (const name of readdirSync(folder)) {
    const claim = parseClaim(name);
    if (name === own || claim === undefined) continue;
    if (isAlive(claim)) {
      release();
      return { heldBy: claim };
    }
    rmSync(join(folder, name), { force: true });
  }
  return { release };
}

function publishClaim(folder: string, file: string): void {
  for (let attempt = 0; ; attempt++) {
    mkdirSync(folder, { recursive: true });
    try {
      writeFileSync(file, '', { flag: 'wx' });
      return;
    } catch (error) {
      // Whoever was done with the folder may just have removed it, empty as it was.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 100) throw error;
    }
  }
}

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** Called once, when the lock turns out to be held. */
  readonly onWait?: (heldBy: ProcessIdentity) => void;
}

/**
 * Waits until the lock is free and takes it.
 * @throws the signal's reason when it aborts
 */
export async function waitForLock(folder: string, { signal, onWait }: WaitOptions = {}): Promise<Lock> {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    const outcome = tryLock(folder);
    if ('release' in outcome) return outcome;
    // The first collision may be another's withdrawn claim; only a lasting one is worth telling.
    if (attempt === 2) onWait?.(outcome.heldBy);
    // Random, so that two who saw each other's claims do not meet again.
    const pause = attempt < 3 ? 5 + Math.random() * 45 : 100 + Math.random() * 200;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/**
 * Holds the lock kept in `folder` for as long as `work` takes, and leaves no folder behind: of a lock beside a user's own files nothing
 * stays.
 * @throws what `work` throws, or the signal's reason when it aborts before the lock is free
 */
export async function whileLocked<Result>(
  folder: string,
  work: () => Result | Promise<Result>,
  options: WaitOptions = {},
): Promise<Result> {
  const lock = await waitForLock(folder, options);
  try {
    return await work();
  } finally {
    lock.release();
    removeIfEmpty(folder);
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody else claims it by now, or has removed it.
  }
}

function claimName({ host, pid, started }: ProcessIdentity): string {
  return `${host}~${pid}~${started}~${randomBytes(6).toString('hex')}`;
}

function parseClaim(name: string): ProcessIdentity | undefined {
  const match = /^([^~]+)~(\d+)~([^~]+)~[0-9a-f]{12}$/.exec(name);
  return match ? { host: match[1]!, pid: Number(match[2]), started: match[3]! } : undefined;
}
