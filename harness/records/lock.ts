/**
 * A lock between processes that survives crashes without races, on a disk and on a shared file system. Whoever wants it publishes a claim
 * (a file whose unique name identifies host, boot and process), then looks: if any other claim belongs to a living process, it withdraws
 * and waits. Of two that publish at once, the later to look must see the other, so never both hold it: all that is asked of the file system
 * is that a file is created exclusively and that a folder shows it to whoever looks afterwards, which NFS grants to one who has just
 * created a file there, or opens the folder. Claims of dead processes are removed; that is safe because no name is ever used twice. The process of another
 * machine is judged by its heartbeat (`heartbeat.ts`); an owner that was judged dead and lives finds its claim gone (`isHeld`).
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '../../reference-model/files/system-errors.js';
import { lookAnew } from '../files/seen-anew.js';
import { beatText, heartbeat, keepBeating, stands, Watch } from './heartbeat.js';
import { livenessOf, ownIdentity, type ProcessIdentity } from './process-identity.js';

export interface Lock {
  /** False once another machine took it over, as it had seen no sign of life: nothing may be written under the lock from then on. */
  isHeld(): boolean;
  release(): void;
}

/**
 * Takes the lock kept in `folder` if nobody living holds it, else returns who does.
 * @param watch of the claims of other machines, kept from one attempt to the next; without one they count as alive
 */
export function tryLock(folder: string, watch?: Watch): Lock | { readonly heldBy: ProcessIdentity } {
  const own = claimName(ownIdentity());
  const ownFile = join(folder, own);
  publishClaim(folder, ownFile);
  try {
    for (const name of readdirSync(folder)) {
      const claim = parseClaim(name);
      if (name === own || claim === undefined) continue;
      if (isOwned(claim, join(folder, name), watch)) {
        removeWhenPossible(ownFile);
        return { heldBy: claim };
      }
      rmSync(join(folder, name), { force: true });
    }
    // What the last owner left beside the claims is seen from here on.
    lookAnew(dirname(folder));
  } catch (error) {
    // The process lives on, so that whoever looks here would take the claim for one that is held.
    removeWhenPossible(ownFile);
    throw error;
  }
  const beating = keepBeating(ownFile);
  return {
    isHeld: () => !beating.isLost() && stands(ownFile),
    release: () => {
      beating.stop();
      removeWhenPossible(ownFile);
    },
  };
}

/** A server that does not answer now makes nothing fail that was done under the lock; what stays belongs to nobody when this process ends. */
function removeWhenPossible(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    setTimeout(() => removeWhenPossible(file), heartbeat.every * 1000).unref();
  }
}

function isOwned(claim: ProcessIdentity, file: string, watch: Watch | undefined): boolean {
  const liveness = livenessOf(claim);
  if (liveness !== 'unknown') return liveness === 'alive';
  return watch === undefined || !watch.isLost(file);
}

function publishClaim(folder: string, file: string): void {
  for (let attempt = 0; ; attempt++) {
    mkdirSync(folder, { recursive: true });
    try {
      writeFileSync(file, beatText(0), { flag: 'wx' });
      return;
    } catch (error) {
      // Whoever was done with the folder may just have removed it, empty as it was.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && attempt < 100) continue;
      // A full disk still creates the file that it cannot fill.
      removeWhenPossible(file);
      throw error;
    }
  }
}

/** Seconds between two looks, above which the later one begins to watch anew; three beats, and ten of the longest pauses. */
const longestGap = 3 * heartbeat.every;

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
  let watch = new Watch();
  let lookedAt = performance.now();
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    const now = performance.now();
    // While this machine slept or the server did not answer, nobody's sign of life could be seen.
    if (now - lookedAt > longestGap * 1000) watch = new Watch();
    lookedAt = now;
    const outcome = tryLock(folder, watch);
    if ('release' in outcome) return outcome;
    // The first collision may be another's withdrawn claim; only a lasting one is worth telling.
    if (attempt === 2) onWait?.(outcome.heldBy);
    // Random, so that two who saw each other's claims do not meet again.
    const isElsewhere = attempt >= 20 && livenessOf(outcome.heldBy) === 'unknown';
    const pause = (attempt < 3 ? 5 + Math.random() * 45 : 100 + Math.random() * 200) * (isElsewhere ? 10 : 1);
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
