/**
 * A stand-in for a node and its kubelet, over the real API: registers itself, performs the pods that the scheduler gives it as processes in
 * namespaces of their own, writes their status back, honours deletion, deadlines and memory limits, and serves their logs over TLS.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Access, type ApiObject, ask, send, watch } from './api-requests.js';
import { type Container, type ContainerEnd, startContainer } from './container.js';

interface Pod extends ApiObject {
  readonly spec: {
    readonly hostname?: string;
    readonly shareProcessNamespace?: boolean;
    readonly activeDeadlineSeconds?: number;
    readonly terminationGracePeriodSeconds: number;
    readonly volumes?: readonly {
      readonly name: string;
      readonly hostPath?: { readonly path: string };
      readonly persistentVolumeClaim?: { readonly claimName: string };
    }[];
    readonly containers: readonly {
      readonly name: string;
      readonly image: string;
      readonly command: readonly string[];
      readonly args?: readonly string[];
      readonly env?: readonly {
        readonly name: string;
        readonly value?: string;
        readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
      }[];
      readonly resources: { readonly limits?: { readonly memory?: string } };
      readonly volumeMounts?: readonly {
        readonly name: string;
        readonly mountPath: string;
        readonly readOnly?: boolean;
      }[];
    }[];
  };
}

interface EndpointSlice extends ApiObject {
  readonly endpoints: readonly { readonly hostname?: string }[] | null;
}

interface Performed {
  readonly container: Container;
  /** What the pod is said to have ended of, where that is not its container. */
  reason?: string;
  deletion?: 'asked' | 'done';
  end?: ContainerEnd;
}

export interface NodeOptions {
  /** With `server.crt` and `server.key`; pods' files are put there. */
  readonly folder: string;
  readonly name?: string;
  /** Resources beside processors, memory and pods. */
  readonly capacity?: Readonly<Record<string, string>>;
}

/** An image of this name cannot be pulled. */
const missingImage = 'registry.example/missing:1';

export class StandInNode {
  readonly #access: Access;
  readonly #options: Required<NodeOptions>;
  readonly #pods = new Map<string, Performed | 'waiting'>();
  readonly #slices = new Map<string, readonly string[]>();
  readonly #hosts = new Map<string, string>();
  #address = 1;
  #stopped = false;
  #watches: readonly { readonly stop: () => void }[] = [];
  readonly #server: Server;

  constructor(access: Access, { folder, name = 'node-1', capacity = {} }: NodeOptions) {
    this.#access = access;
    this.#options = { folder, name, capacity };
    const [key, cert] = ['server.key', 'server.crt'].map((file) => readFileSync(join(folder, file)));
    this.#server = createServer({ key, cert }, (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'https://node');
      const [, pod] = /^\/containerLogs\/[\w-]+\/([\w.-]+)\/[\w-]+$/.exec(pathname) ?? [];
      if (pod === undefined) return void response.writeHead(404).end();
      const lines = readFileSync(this.#file(pod, 'log'), 'utf8').split(/(?<=\n)/);
      response.end(lines.slice(-Number(searchParams.get('tailLines') ?? lines.length)).join(''));
    });
  }

  async start(): Promise<void> {
    const { folder, name, capacity } = this.#options;
    mkdirSync(join(folder, name));
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = Object(this.#server.address());
    await ask(this.#access, 'POST', '/api/v1/nodes', { metadata: { name } });
    // What the node life cycle controller does once a node reports to be ready.
    await ask(this.#access, 'PATCH', `/api/v1/nodes/${name}`, { spec: { taints: null } });
    const resources = { cpu: '64', memory: '64Gi', pods: '500', ...capacity };
    await ask(this.#access, 'PATCH', `/api/v1/nodes/${name}/status`, {
      status: {
        capacity: resources,
        allocatable: resources,
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: port } },
      },
    });
    this.#watches = [
      watch<Pod>(this.#access, `/api/v1/pods?fieldSelector=spec.nodeName%3D${name}`, (type, pod) => {
        this.#onPod(type, pod).catch((error) => console.error(error));
      }),
      watch<EndpointSlice>(this.#access, '/apis/discovery.k8s.io/v1/endpointslices', (type, slice) =>
        this.#onSlice(type, slice),
      ),
    ];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { stop } of this.#watches) stop();
    const performed = [...this.#pods.values()].filter((pod) => pod !== 'waiting');
    for (const { container } of performed) container.kill();
    await Promise.all(performed.map(({ container }) => container.end));
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #file(pod: string, kind: 'log' | 'hosts'): string {
    return join(this.#options.folder, this.#options.name, `${pod}.${kind}`);
  }

  async #onPod(type: string, pod: Pod): Promise<void> {
    const { uid, deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
    const performed = this.#pods.get(uid);
    if (type === 'DELETED') {
      if (performed !== undefined && performed !== 'waiting') performed.container.kill();
      return;
    }
    if (deletionTimestamp === undefined) {
      if (performed !== undefined) return;
      this.#pods.set(uid, 'waiting');
      await this.#begin(pod);
    } else if (performed === undefined || performed === 'waiting') {
      await this.#remove(pod);
    } else if (performed.deletion === undefined) {
      performed.deletion = 'asked';
      performed.container.stop(deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds);
      await performed.container.end;
      while (performed.end === undefined) await pause(20);
      await this.#remove(pod);
      performed.deletion = 'done';
    }
  }

  async #begin(pod: Pod): Promise<void> {
    const { name, uid } = pod.metadata;
    const [declared] = pod.spec.containers;
    if (declared!.image === missingImage) {
      return this.#report(pod, 'Pending', { waiting: { reason: 'ImagePullBackOff' } });
    }
    const address = `10.244.0.${this.#address++}`;
    const hostname = pod.spec.hostname ?? name;
    this.#hosts.set(this.#file(name, 'hosts'), hostname);
    this.#writeHosts();
    const container = startContainer({
      hostname,
      command: [...declared!.command, ...(declared!.args ?? [])],
      environment: environmentOf(pod, hostname),
      mounts: await this.#mountsOf(pod),
      log: this.#file(name, 'log'),
      hosts: this.#file(name, 'hosts'),
      memory: bytesOf(declared!.resources.limits?.memory),
      isProcessShared: pod.spec.shareProcessNamespace === true,
    });
    const performed: Performed = { container };
    this.#pods.set(uid, performed);
    const startedAt = new Date().toISOString();
    const { activeDeadlineSeconds: limit } = pod.spec;
    const deadline =
      limit === undefined
        ? undefined
        : setTimeout(() => {
            performed.reason = 'DeadlineExceeded';
            container.stop(pod.spec.terminationGracePeriodSeconds);
          }, limit * 1000);
    const began = this.#report(
      pod,
      'Running',
      { running: { startedAt } },
      { podIP: address, podIPs: [{ ip: address }] },
    );
    const { exitCode, reason } = await container.end;
    clearTimeout(deadline);
    await began;
    const ofPod = performed.reason === undefined ? {} : { reason: performed.reason };
    const phase = exitCode === 0 && performed.reason === undefined ? 'Succeeded' : 'Failed';
    const finishedAt = new Date().toISOString();
    await this.#report(pod, phase, { terminated: { exitCode, reason, startedAt, finishedAt } }, ofPod);
    performed.end = { exitCode, reason };
  }

  /** Volumes by their mounts, claims through the volumes that they are bound to. */
  async #mountsOf({ spec, metadata: { namespace } }: Pod) {
    const [container] = spec.containers;
    // A service account's token is of no use here.
    const mounts = (container!.volumeMounts ?? []).filter(
      ({ mountPath }) => !mountPath.startsWith('/var/run/secrets/'),
    );
    return Promise.all(
      mounts.map(async ({ name, mountPath: to, readOnly = false }) => {
        const volume = spec.volumes?.find((declared) => declared.name === name);
        if (volume?.hostPath !== undefined) return { from: volume.hostPath.path, to, readOnly };
        const { claimName } = volume!.persistentVolumeClaim!;
        const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
        const claim = await ask<{ spec: { volumeName: string } }>(this.#access, 'GET', `${claims}/${claimName}`);
        const path = `/api/v1/persistentvolumes/${claim.spec.volumeName}`;
        const bound = await ask<{ spec: { hostPath: { path: string } } }>(this.#access, 'GET', path);
        return { from: bound.spec.hostPath.path, to, readOnly };
      }),
    );
  }

  /** Writes the status of a pod, however long the API server is away. */
  async #report(pod: Pod, phase: string, state: object, more: object = {}): Promise<void> {
    const { name, namespace } = pod.metadata;
    const isRunning = phase === 'Running';
    const status = {
      phase,
      hostIP: '127.0.0.1',
      ...more,
      conditions: ['Initialized', 'ContainersReady', 'Ready'].map((type) => ({
        type,
        status: isRunning || type === 'Initialized' ? 'True' : 'False',
      })),
      containerStatuses: pod.spec.containers.map(({ name, image }) => ({
        name,
        image,
        imageID: '',
        restartCount: 0,
        ready: isRunning,
        started: isRunning,
        state: { waiting: null, running: null, terminated: null, ...state },
      })),
    };
    await this.#untilHeard('PATCH', `/api/v1/namespaces/${namespace}/pods/${name}/status`, { status });
  }

  async #remove({ metadata: { name, namespace, uid } }: Pod): Promise<void> {
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await this.#untilHeard('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, options);
  }

  async #untilHeard(method: string, path: string, body: object): Promise<void> {
    while (!this.#stopped) {
      const { code, text } = await send(this.#access, method, path, body).catch(() => ({ code: 0, text: '' }));
      if (code === 422) throw new Error(`${method} ${path}: ${text}`);
      // Gone, or another of the same name; any other conflict is one with a controller that writes at the same time.
      const isOther = code === 404 || (code === 409 && text.includes('UID'));
      if ((code >= 200 && code < 300) || isOther) return;
      await pause(200);
    }
  }

  /** Names of pods behind headless Services, as a cluster's name server gives them. */
  #onSlice(type: string, { metadata, endpoints }: EndpointSlice): void {
    const service = metadata.labels?.['kubernetes.io/service-name'] ?? '';
    const names = (endpoints ?? []).flatMap(({ hostname }) =>
      hostname === undefined ? [] : [`${hostname}.${service}`],
    );
    if (type === 'DELETED') this.#slices.delete(metadata.name);
    else this.#slices.set(metadata.name, names);
    this.#writeHosts();
  }

  #writeHosts(): void {
    const others = [...this.#slices.values()].flat();
    for (const [file, hostname] of this.#hosts) {
      writeFileSync(file, ['localhost', hostname, ...others].map((name) => `127.0.0.1 ${name}\n`).join(''));
    }
  }
}

function environmentOf({ metadata, spec }: Pod, hostname: string): Readonly<Record<string, string>> {
  const [container] = spec.containers;
  const { PATH = '', HOME = '' } = process.env;
  const declared = (container!.env ?? []).map(({ name, value = '', valueFrom }) => {
    const path = valueFrom?.fieldRef?.fieldPath;
    if (path === undefined) return [name, value];
    const [, kind = '', key = ''] = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path) ?? [];
    return [name, (kind === 'labels' ? metadata.labels : metadata.annotations)?.[key] ?? ''];
  });
  // The first two come from the image in a real container.
  return { PATH, HOME, HOSTNAME: hostname, ...Object.fromEntries(declared) };
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

function bytesOf(quantity: string | undefined): number {
  const [, number, unit = ''] = /^(\d+)(\w*)$/.exec(quantity ?? '') ?? [];
  return number === undefined ? Number.POSITIVE_INFINITY : Number(number) * units[unit]!;
}
