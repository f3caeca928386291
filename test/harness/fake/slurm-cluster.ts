/**
 * A Slurm cluster of two nodes on this machine: a controller, two daemons on ports of their own, and a munge of their own, all in a
 * temporary folder. Nothing of a Slurm that the machine belongs to is touched.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from './free-ports.js';

const programs = ['slurmctld', 'slurmd', 'munged', 'sbatch', 'squeue', 'scancel', 'scontrol'];

/** What is missing here, in words; undefined where a cluster can be started. */
export const slurmMissing: string | undefined = (() => {
  const missing = programs.filter(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined,
  );
  if (missing.length > 0) return `${missing.join(', ')} not installed`;
  return userInfo().uid === 0 ? undefined : 'not root';
})();

export interface SlurmCluster {
  readonly configuration: string;
  /** What a command of Slurm prints. */
  ask(command: string, ...args: readonly string[]): string;
  stop(): Promise<void>;
}

/** Two partitions share the nodes: what is sent to `urgent` preempts what runs in `patient`. */
export async function startSlurmCluster(): Promise<SlurmCluster> {
  // Paths of sockets are short.
  const folder = mkdtempSync(join(tmpdir(), 'slurm-'));
  const at = (name: string) => join(folder, name);
  const [controller, first, second] = await freePorts(3);
  const host = hostname();
  for (const name of ['state', 'n1', 'n2']) mkdirSync(at(name));
  writeFileSync(at('munge.key'), randomBytes(128), { mode: 0o400 });
  const files = {
    socket: 'munge.socket',
    'key-file': 'munge.key',
    'pid-file': 'munge.pid',
    'log-file': 'munge.log',
    'seed-file': 'munge.seed',
  };
  execFileSync('munged', ['--force', ...Object.entries(files).map(([option, name]) => `--${option}=${at(name)}`)]);
  const configuration = at('slurm.conf');
  writeFileSync(
    configuration,
    `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=${userInfo().username}
SlurmdUser=${userInfo().username}
AuthType=auth/munge
AuthInfo=socket=${at('munge.socket')},cred_expire=6
SlurmctldPort=${controller}
StateSaveLocation=${at('state')}
SlurmdSpoolDir=${at('%n')}
SlurmctldPidFile=${at('slurmctld.pid')}
SlurmdPidFile=${at('%n.pid')}
SlurmctldLogFile=${at('slurmctld.log')}
SlurmdLogFile=${at('%n.log')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0,batch_sched_delay=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=5
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=${host} NodeAddr=127.0.0.1 Port=${first} CPUs=4 RealMemory=4000
NodeName=n2 NodeHostname=${host} NodeAddr=127.0.0.1 Port=${second} CPUs=4 RealMemory=4000
PartitionName=patient Nodes=n1,n2 Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=0 State=UP
PartitionName=urgent Nodes=n1,n2 PriorityTier=10 PreemptMode=OFF State=UP
`,
  );
  const env = { ...process.env, SLURM_CONF: configuration };
  const ask = (command: string, ...args: readonly string[]) => execFileSync(command, args, { env, encoding: 'utf8' });
  ask('slurmctld');
  ask('slurmd', '-N', 'n1');
  ask('slurmd', '-N', 'n2');
  const stop = async () => {
    spawnSync('scancel', ['--user', userInfo().username], { env });
    await pause(300);
    for (const name of ['n1.pid', 'n2.pid', 'slurmctld.pid', 'munge.pid']) {
      try {
        process.kill(Number(readFileSync(at(name), 'utf8')));
      } catch {
        // It never started, or has ended.
      }
    }
    await pause(500);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  for (let attempt = 0; attempt < 150; attempt++) {
    const { stdout } = spawnSync('sinfo', ['--noheader', '--Node', '--format=%T'], { env, encoding: 'utf8' });
    if (stdout.split('\n').filter((state) => state === 'idle').length >= 4) return { configuration, ask, stop };
    await pause(200);
  }
  const log = readFileSync(at('slurmctld.log'), 'utf8');
  await stop();
  throw new Error(`the nodes did not come up:\n${log}`);
}
