/**
 * A control plane of Kubernetes on this machine: etcd, API server, controller manager and scheduler, the real programs, in a temporary
 * folder and on ports of 127.0.0.1. `VLM_BENCH_KUBERNETES_BINARIES` names the folder of the programs (`build-kubernetes.sh` makes it).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '../free-ports.js';
import { type Access, ask, send } from './api-requests.js';
import { writeCertificates } from './certificates.js';

const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
const { VLM_BENCH_KUBERNETES_BINARIES: binaries } = process.env;

/** What is missing here, in words; undefined where a control plane and a node can be started. */
export const controlPlaneMissing: string | undefined = (() => {
  if (binaries === undefined) return 'VLM_BENCH_KUBERNETES_BINARIES is not set';
  const missing = programs.filter((program) => !existsSync(join(binaries, program)));
  if (missing.length > 0) return `no ${missing.join(', ')} in ${binaries}`;
  if (spawnSync('openssl', ['version']).status !== 0) return 'openssl is not installed';
  const isolated = spawnSync('unshare', ['--mount', '--uts', '--pid', '--fork', '--mount-proc', 'true']);
  return isolated.status === 0 ? undefined : 'unshare cannot make namespaces here';
})();

/** Those who may ask, by their token: what they may do is decided by the rules of the API server. */
export const users = { admin: 'system:masters', bench: 'benchmarks', guest: 'guests', controllers: 'system:masters' };
export type UserName = keyof typeof users;

/** What the executor needs, as the README of the executors lists it. */
const benchRules = [
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'list', 'watch', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: [''], resources: ['events'], verbs: ['list'] },
  { apiGroups: [''], resources: ['services'], verbs: ['create'] },
];

export interface ControlPlane {
  readonly folder: string;
  readonly admin: Access;
  /** Path of a configuration of kubectl for a user. */
  kubeconfig(user: UserName | 'nobody'): string;
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

export async function startControlPlane(): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'kubernetes-'));
  const at = (name: string) => join(folder, name);
  writeCertificates(folder);
  const [etcdPort, peerPort, port, managerPort, schedulerPort] = await freePorts(5);
  const server = `https://127.0.0.1:${port}`;
  const tokenOf = (user: string) => `token-of-${user}`;
  writeFileSync(
    at('tokens.csv'),
    Object.entries(users)
      .map(([user, group]) => `${tokenOf(user)},${user},${user},${group}\n`)
      .join(''),
  );
  const kubeconfig = (user: UserName | 'nobody') => {
    const entry = (key: string, value: object) => [{ name: 'test', [key]: value }];
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: entry('cluster', { server, 'certificate-authority': at('authority.crt') }),
      users: entry('user', { token: tokenOf(user) }),
      contexts: entry('context', { cluster: 'test', user: 'test' }),
      'current-context': 'test',
    };
    writeFileSync(at(`${user}.config`), JSON.stringify(config));
    return at(`${user}.config`);
  };
  const admin = { server, certificateAuthority: readFileSync(at('authority.crt')), token: tokenOf('admin') };
  const started: ChildProcess[] = [];
  const start = (program: (typeof programs)[number], options: Readonly<Record<string, unknown>>): ChildProcess => {
    const log = openSync(at(`${program}.log`), 'a');
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const child = spawn(join(binaries!, program), args, { stdio: ['ignore', log, log] });
    started.push(child);
    return child;
  };
  const stop = async () => {
    for (const child of started.reverse()) await ended(child);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  const etcd = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  start('etcd', {
    'data-dir': at('etcd'),
    'listen-client-urls': etcd,
    'advertise-client-urls': etcd,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
    'unsafe-no-fsync': true,
  });
  let apiServer: ChildProcess;
  const startApiServer = async () => {
    apiServer = start('kube-apiserver', {
      'etcd-servers': etcd,
      'bind-address': '127.0.0.1',
      'secure-port': port,
      'advertise-address': '127.0.0.1',
      'endpoint-reconciler-type': 'none',
      'service-cluster-ip-range': '10.0.0.0/24',
      'tls-cert-file': at('server.crt'),
      'tls-private-key-file': at('server.key'),
      'token-auth-file': at('tokens.csv'),
      'authorization-mode': 'RBAC',
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': at('accounts.key'),
      'service-account-signing-key-file': at('accounts.key'),
      'kubelet-certificate-authority': at('authority.crt'),
      'kubelet-client-certificate': at('client.crt'),
      'kubelet-client-key': at('client.key'),
      'kubelet-preferred-address-types': 'InternalIP',
      'shutdown-delay-duration': '0s',
    });
    await ready(apiServer, () => send(admin, 'GET', '/readyz'), at('kube-apiserver.log'));
  };
  try {
    await startApiServer();
    start('kube-controller-manager', {
      kubeconfig: kubeconfig('controllers'),
      'bind-address': '127.0.0.1',
      'secure-port': managerPort,
      'leader-elect': false,
      'service-account-private-key-file': at('accounts.key'),
      'root-ca-file': at('authority.crt'),
      controllers: [
        'job-controller',
        'garbage-collector-controller',
        'pod-garbage-collector-controller',
        'serviceaccount-controller',
        'root-ca-certificate-publisher-controller',
        'endpointslice-controller',
        'persistentvolume-binder-controller',
        'persistentvolumeclaim-protection-controller',
        'ttl-after-finished-controller',
      ].join(','),
    });
    start('kube-scheduler', {
      kubeconfig: kubeconfig('controllers'),
      'bind-address': '127.0.0.1',
      'secure-port': schedulerPort,
      'leader-elect': false,
    });
    const account = () => send(admin, 'GET', '/api/v1/namespaces/default/serviceaccounts/default');
    await ready(started.at(-1)!, account, at('kube-controller-manager.log'));
    await grantRights(admin);
  } catch (error) {
    await stop();
    throw error;
  }
  return { folder, admin, kubeconfig, startApiServer, stopApiServer: () => ended(apiServer), stop };
}

async function grantRights(admin: Access): Promise<void> {
  const rights = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
  const metadata = { name: 'vlm-bench' };
  await ask(admin, 'POST', `${rights}/roles`, { metadata, rules: benchRules });
  await ask(admin, 'POST', `${rights}/rolebindings`, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'vlm-bench' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: users.bench }],
  });
}

async function ready(child: ChildProcess, look: () => Promise<{ readonly code: number }>, log: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null) break;
    const { code } = await look().catch(() => ({ code: 0 }));
    if (code === 200) return;
    await pause(200);
  }
  throw new Error(`the control plane did not come up:\n${readFileSync(log, 'utf8').slice(-4000)}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await over;
  clearTimeout(timer);
}
