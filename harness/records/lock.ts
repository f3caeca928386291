/**
 * A lock between processes that survives crashes without races. Whoever wants it publishes a claim (an empty file whose unique
 * name identifies the process), then looks: if any other claim belongs to a living process, it withdraws and waits. Of two
 * that publish at once, the later to look must see the other, so never both hold it. Claims of dead processes are removed;
 * that is safe because no name is ever used twice.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.js';

export interface Lock {
  release(): void;
}

/** Takes the lock kept in `folder` if nobody living holds it, else returns who does. */
export function tryLock(folder: string): Lock | { readonly heldBy: ProcessIdentity } {
  const own = claimName(ownIdentity());
  const ownFile = join(folder, own);
  mkdirSync(folder, { recursive: true });
  writeFileSync(ownFile, '', { flag: 'wx' });
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

function claimName({ host, pid, started }: ProcessIdentity): string {
  return `${host}~${pid}~${started}~${randomBytes(6).toString('hex')}`;
}

function parseClaim(name: string): ProcessIdentity | undefined {
  const match = /^([^~]+)~(\d+)~([^~]+)~[0-9a-f]{12}$/.exec(name);
  return match ? { host: match[1]!, pid: Number(match[2]), started: match[3]! } : undefined;
}
