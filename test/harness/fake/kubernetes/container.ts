/**
 * A command in namespaces of its own for mounts, process ids and the host's name, as a container has them: it is process 1 there, or, where
 * the containers of a pod share their processes, another one. It sees its volumes at their paths. The rest of its file system is this
 * machine's, whatever the image.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';

export interface ContainerOptions {
  readonly hostname: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly { readonly from: string; readonly to: string; readonly readOnly: boolean }[];
  /** Files of this machine: what it prints, and its `/etc/hosts`. */
  readonly log: string;
  readonly hosts: string;
  /** Bytes of memory, beyond which it is killed. */
  readonly memory: number;
  /** Whether process 1 is one of the pod's own, which waits for the command. */
  readonly isProcessShared: boolean;
}

export interface ContainerEnd {
  readonly exitCode: number;
  readonly reason: 'Completed' | 'Error' | 'OOMKilled';
}

export interface Container {
  readonly end: Promise<ContainerEnd>;
  /** SIGTERM, and SIGKILL after a while. */
  stop(graceSeconds: number): void;
  kill(): void;
}

/** Folder that is covered by an empty one in the container, so that volumes can be mounted in it. */
const mountFolder = '/mnt';

const look = 250;

export function startContainer(options: ContainerOptions): Container {
  const { hostname, command, environment, mounts, log, hosts, memory, isProcessShared } = options;
  const foreign = mounts.find(({ to }) => !to.startsWith(`${mountFolder}/`));
  if (foreign !== undefined) throw new Error(`${foreign.to} is not in ${mountFolder}`);
  const prepare = [
    'set -e',
    'hostname "$1"',
    'mount --bind "$2" /etc/hosts',
    'shift 2',
    `mount -t tmpfs none ${mountFolder}`,
    ...mounts.flatMap(({ readOnly }) => [
      'mkdir -p "$2"; mount --bind "$1" "$2"',
      ...(readOnly ? ['mount -o remount,bind,ro "$2"'] : []),
      'shift 2',
    ]),
    isProcessShared ? '"$@" & set +e; wait "$!"; exit "$?"' : 'exec "$@"',
  ].join('\n');
  const namespaces = ['--mount', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const paths = mounts.flatMap(({ from, to }) => [from, to]);
  writeFileSync(log, '');
  const output = openSync(log, 'a');
  const child = spawn(
    'unshare',
    [...namespaces, '/bin/sh', '-c', prepare, 'prepare', hostname, hosts, ...paths, ...command],
    { env: environment, stdio: ['ignore', output, output], cwd: '/' },
  );
  closeSync(output);
  let isOutOfMemory = false;
  let isKilled = false;
  let isEnded = false;
  const mainProcess = (): number | undefined => {
    const [first] = childrenOf(child.pid);
    // While volumes are mounted, the children of process 1 are those that mount them.
    if (!isProcessShared || first === undefined) return first;
    return childrenOf(first).find((pid) => !['mount', 'mkdir', 'hostname'].includes(nameOf(pid)));
  };
  const signal = (name: 'SIGTERM' | 'SIGKILL') => {
    if (isEnded) return;
    const main = mainProcess();
    if (main === undefined) return void setTimeout(() => signal(name), 20);
    isKilled ||= name === 'SIGKILL';
    process.kill(main, name);
  };
  const watcher = setInterval(() => {
    if (memoryOf(childrenOf(child.pid)) <= memory) return;
    isOutOfMemory = true;
    signal('SIGKILL');
  }, look);
  const end = new Promise<ContainerEnd>((resolve) => {
    child.on('exit', (code, ended) => {
      clearInterval(watcher);
      isEnded = true;
      // Some versions of unshare end with 1 when what they started was killed.
      const exitCode = isKilled ? 128 + constants.signals.SIGKILL : (code ?? 128 + constants.signals[ended!]);
      resolve({ exitCode, reason: isOutOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error' });
    });
  });
  return {
    end,
    stop: (graceSeconds) => {
      signal('SIGTERM');
      const timer = setTimeout(() => signal('SIGKILL'), graceSeconds * 1000);
      void end.then(() => clearTimeout(timer));
    },
    kill: () => signal('SIGKILL'),
  };
}

function childrenOf(pid: number | undefined): readonly number[] {
  try {
    const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return listed === '' ? [] : listed.split(' ').map(Number);
  } catch {
    return [];
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Bytes that processes and those that they started hold for themselves. */
function memoryOf(processes: readonly number[]): number {
  let bytes = 0;
  for (const pid of processes) {
    try {
      const [, kilobytes = '0'] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      bytes += Number(kilobytes) * 1024 + memoryOf(childrenOf(pid));
    } catch {
      // It has ended.
    }
  }
  return bytes;
}
