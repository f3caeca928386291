/** Tells one process from every other, also from a later one that got the same pid, and says whether it still lives. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** When the process started, in the operating system's own notation without separators; `0` where it cannot be told. */
  readonly started: string;
}

export function ownIdentity(): ProcessIdentity {
  return { host: hostToken(), pid: process.pid, started: startOf(process.pid) ?? '0' };
}

/** False only when it is certain that the process is gone; a process of another host counts as alive. */
export function isAlive({ host, pid, started }: ProcessIdentity): boolean {
  if (host !== hostToken()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return started === '0' || now === undefined || now === started;
}

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
      return fields[0] === 'Z' ? 'ended' : `${boot}.${fields[19]}`;
    }
    if (process.platform === 'win32') return undefined;
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return started.replace(/[^A-Za-z0-9]/g, '') || undefined;
  } catch {
    return undefined;
  }
}
