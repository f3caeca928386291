/**
 * Tells one process from every other, also from a later one that got the same pid, and says whether it still lives, as far as that can be
 * told from here: machines that share a file system may share their name as well, and so may containers of one machine.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** When the process started, in the operating system's own notation, behind the boot and the name space of its pid; `0` where unknown. */
  readonly started: string;
}

export function ownIdentity(): ProcessIdentity {
  return { host: hostToken(), pid: process.pid, started: startOf(process.pid) ?? '0' };
}

/** `unknown` for a process whose pid means nothing here: of another host, of this one before it was started anew, or of another container. */
export type Liveness = 'alive' | 'gone' | 'unknown';

export function livenessOf({ host, pid, started }: ProcessIdentity): Liveness {
  if (host !== hostToken()) return 'unknown';
  const [, place] = placedStart.exec(started) ?? [];
  const [, here] = placedStart.exec(startOf(process.pid) ?? '') ?? [];
  if (place !== undefined && here !== undefined && place !== here) return 'unknown';
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone';
  }
  const now = startOf(pid);
  return started === '0' || now === undefined || now === started ? 'alive' : 'gone';
}

/** False only when it is certain that the process is gone. */
export const isAlive = (identity: ProcessIdentity): boolean => livenessOf(identity) !== 'gone';

/** Boot and name space, then the start in clock ticks since boot. */
const placedStart = /^([0-9a-f]{8}\.\d+)\.\d+$/;

function hostToken(): string {
  return hostname().replace(/[^A-Za-z0-9.]/g, '') || 'host';
}

function startOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // Field 22 is the start in clock ticks since boot; the command in field 2 may itself hold spaces and parentheses.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
      // A zombie has ended and only waits for its parent to notice.
      return fields[0] === 'Z' ? 'ended' : `${boot}.${pidNamespace()}.${fields[19]}`;
    }
    if (process.platform === 'win32') return undefined;
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return started.replace(/[^A-Za-z0-9]/g, '') || undefined;
  } catch {
    return undefined;
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
