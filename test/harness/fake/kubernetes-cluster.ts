/**
 * As much of a Kubernetes API as the executor uses, over HTTP, with a controller behind it that performs the pods of indexed Jobs as
 * processes of this machine. What Jobs and pods say is what v1.34.4 said of the same runs. Watches end after a few events, as they do when
 * a server or a proxy restarts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

interface FakeObject {
  kind: string;
  metadata: Record<string, unknown> & { name: string; labels?: Record<string, string>; resourceVersion?: string };
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
}

type Event = { readonly type: string; readonly version: number; readonly object: FakeObject };

const eventsPerWatch = 4;

/** As an API server says why it does not do what it was asked for. */
function statusOf(code: number, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code };
}

export class FakeKubernetes {
  readonly jobs = new Map<string, FakeObject>();
  readonly services: string[] = [];
  readonly requests: string[] = [];
  /** What is answered to a request (such as `POST jobs` or `GET pods watch`) instead of what was asked for. */
  refuse: (request: string) => { readonly code: number; readonly message: string } | undefined = () => undefined;
  readonly #pods = new Map<string, FakeObject>();
  readonly #logs = new Map<string, string>();
  readonly #processes = new Map<string, ChildProcess>();
  readonly #events: Event[] = [];
  readonly #watchers = new Set<(isLast?: boolean) => void>();
  #forgotten = 0;
  #version = 1;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${Object(this.#server.address()).port}`;
  }

  async stop(): Promise<void> {
    for (const process of this.#processes.values()) process.kill('SIGKILL');
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://api');
    const [, kind = '', name, part] = /\/namespaces\/[^/]+\/(\w+)(?:\/([^/]+))?(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    const asked = `${request.method} ${kind}${url.searchParams.has('watch') ? ' watch' : ''}`;
    this.requests.push(asked);
    let text = '';
    for await (const chunk of request) text += chunk;
    const reply = (code: number, body: unknown) =>
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const failure = (code: number, message: string) => reply(code, statusOf(code, message));
    const refused = this.refuse(asked);
    if (refused !== undefined) return void failure(refused.code, refused.message);
    if (request.method === 'POST' && kind === 'jobs') {
      const job = { ...JSON.parse(text), status: {} } as FakeObject;
      job.metadata.uid = randomUUID();
      this.jobs.set(job.metadata.name, job);
      this.#tell('ADDED', job);
      this.#begin(job);
      reply(201, job);
    } else if (request.method === 'POST') {
      this.services.push(JSON.parse(text).metadata.name);
      reply(201, JSON.parse(text));
    } else if (request.method === 'PATCH') {
      const job = this.jobs.get(name ?? '')!;
      for (const { path, value } of JSON.parse(text)) if (path === '/spec/suspend') job.spec.suspend = value;
      this.#tell('MODIFIED', job);
      this.#begin(job);
      reply(200, job);
    } else if (request.method === 'DELETE') {
      const job = this.jobs.get(name ?? '');
      if (kind !== 'jobs' || job === undefined) return void failure(404, 'not found');
      this.#remove(job);
      reply(200, { kind: 'Status', status: 'Success' });
    } else if (part === 'log') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end(this.#logs.get(name ?? '') ?? '');
    } else if (url.searchParams.has('watch')) {
      this.#watch(kind, Number(url.searchParams.get('resourceVersion') ?? 0), response);
    } else {
      const items = [...(kind === 'jobs' ? this.jobs : this.#pods).values()];
      const list =
        kind === 'jobs' ? { apiVersion: 'batch/v1', kind: 'JobList' } : { apiVersion: 'v1', kind: 'PodList' };
      reply(200, { ...list, metadata: { resourceVersion: String(this.#version) }, items });
    }
  }

  #watch(kind: string, from: number, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < this.#forgotten) {
      const object = statusOf(410, `too old resource version: ${from} (${this.#forgotten})`);
      return void response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    }
    let seen = from;
    let sent = 0;
    const send = (isLast = false) => {
      for (const { type, version, object } of this.#events) {
        if (version <= seen || (object.kind === 'Job') !== (kind === 'jobs')) continue;
        seen = version;
        sent += 1;
        response.write(`${JSON.stringify({ type, object })}\n`);
      }
      if (sent < eventsPerWatch && !isLast) return;
      this.#watchers.delete(send);
      response.end();
    };
    response.on('close', () => this.#watchers.delete(send));
    this.#watchers.add(send);
    send();
  }

  /** Ends every watch, and keeps nothing of what happened until now. */
  forget(): void {
    this.#version += 1;
    this.#forgotten = this.#version;
    this.#events.length = 0;
    for (const send of [...this.#watchers]) send(true);
  }

  #tell(type: string, object: FakeObject): void {
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
    this.#events.push({ type, version: this.#version, object: structuredClone(object) });
    for (const send of this.#watchers) send();
  }

  #begin(job: FakeObject): void {
    const isSuspended = job.spec.suspend === true;
    job.status = {
      ...job.status,
      ...(isSuspended ? {} : { startTime: new Date().toISOString() }),
      terminating: 0,
      failedIndexes: '',
      uncountedTerminatedPods: {},
      ready: 0,
    };
    if (isSuspended) this.#addCondition(job, 'Suspended', 'JobSuspended', 'Job suspended');
    else if (job.status.conditions !== undefined) {
      job.status.conditions = [{ type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' }];
    }
    this.#tell('MODIFIED', job);
    if (isSuspended) return;
    for (let index = 0; index < Number(job.spec.completions); index++) this.#startPod(job, index, 0);
  }

  #startPod(job: FakeObject, index: number, attempt: number): void {
    const { spec: template } = job.spec.template as {
      spec: { containers: { command: string[]; env?: { name: string; value: string }[] }[] };
    };
    const [container] = template.containers;
    const name = `${job.metadata.name}-${index}-${randomUUID().slice(0, 5)}`;
    const completionIndex = { 'batch.kubernetes.io/job-completion-index': String(index) };
    const of = { 'batch.kubernetes.io/job-name': job.metadata.name, 'job-name': job.metadata.name };
    const startedAt = new Date().toISOString();
    const pod: FakeObject = {
      kind: 'Pod',
      metadata: {
        name,
        creationTimestamp: startedAt,
        labels: { ...job.metadata.labels, ...completionIndex, ...of },
        annotations: { ...completionIndex, 'batch.kubernetes.io/job-index-failure-count': String(attempt) },
      },
      spec: { nodeName: 'node-1' },
      status: statusOfPod('Running', { running: { startedAt } }),
    };
    this.#pods.set(name, pod);
    this.#tell('ADDED', pod);
    const own = Object.fromEntries((container!.env ?? []).map((variable) => [variable.name, variable.value]));
    const [program, ...args] = container!.command;
    const env = { ...process.env, ...own, JOB_COMPLETION_INDEX: String(index) };
    const child = spawn(program!, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#processes.set(name, child);
    for (const output of [child.stdout, child.stderr]) {
      output.on('data', (text: Buffer) => this.#logs.set(name, `${this.#logs.get(name) ?? ''}${text}`));
    }
    child.on('exit', (code, signal) => {
      this.#processes.delete(name);
      if (!this.#pods.has(name)) return;
      const exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15);
      const reason = exitCode === 137 ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error';
      const finishedAt = new Date().toISOString();
      const terminated = { exitCode, reason, startedAt, finishedAt };
      pod.status = statusOfPod(exitCode === 0 ? 'Succeeded' : 'Failed', { terminated });
      this.#tell('MODIFIED', pod);
      if (pod.metadata.deletionTimestamp !== undefined) {
        this.#pods.delete(name);
        this.#tell('DELETED', pod);
      } else if (exitCode !== 0 && attempt < Number(job.spec.backoffLimitPerIndex ?? 0))
        this.#startPod(job, index, attempt + 1);
      else this.#endIndex(job, index, exitCode === 0);
    });
  }

  #endIndex(job: FakeObject, index: number, succeeded: boolean): void {
    const key = succeeded ? 'completedIndexes' : 'failedIndexes';
    job.status[key] = asRanges([...indicesOf(job.status[key]), index]);
    const ended = ['completedIndexes', 'failedIndexes'].flatMap((of) => indicesOf(job.status[of]));
    if (ended.length === Number(job.spec.completions)) {
      if (job.status.failedIndexes === '') {
        const why = ['CompletionsReached', 'Reached expected number of succeeded pods'] as const;
        for (const type of ['SuccessCriteriaMet', 'Complete']) this.#addCondition(job, type, ...why);
        job.status.completionTime = new Date().toISOString();
      } else {
        for (const type of ['FailureTarget', 'Failed']) {
          this.#addCondition(job, type, 'FailedIndexes', 'Job has failed indexes');
        }
      }
    }
    this.#tell('MODIFIED', job);
  }

  #addCondition({ status }: FakeObject, type: string, reason: string, message: string): void {
    const { conditions = [] } = status as { conditions?: readonly object[] };
    status.conditions = [...conditions, { type, status: 'True', reason, message }];
  }

  /** As a deletion in the background: the Job is gone at once, its pods are when they have ended. */
  #remove(job: FakeObject): void {
    this.jobs.delete(job.metadata.name);
    this.#tell('DELETED', job);
    for (const [name, pod] of this.#pods) {
      if (pod.metadata.labels?.['batch.kubernetes.io/job-name'] !== job.metadata.name) continue;
      pod.metadata.deletionTimestamp = new Date().toISOString();
      const process = this.#processes.get(name);
      if (process === undefined) this.#pods.delete(name);
      this.#tell(process === undefined ? 'DELETED' : 'MODIFIED', pod);
      process?.kill('SIGTERM');
    }
  }
}

function statusOfPod(phase: string, state: object): Record<string, unknown> {
  const isRunning = phase === 'Running';
  const conditionOf = (type: string, holds: boolean) => ({ type, status: holds ? 'True' : 'False' });
  const container = { name: 'run', state, lastState: {}, ready: isRunning, restartCount: 0, started: isRunning };
  return {
    phase,
    conditions: [
      conditionOf('Initialized', true),
      conditionOf('ContainersReady', isRunning),
      conditionOf('Ready', isRunning),
      conditionOf('PodScheduled', true),
    ],
    containerStatuses: [container],
    qosClass: 'Guaranteed',
  };
}

/** Of `0-2,5`. */
function indicesOf(ranges: unknown): readonly number[] {
  if (typeof ranges !== 'string' || ranges === '') return [];
  return ranges.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
  });
}

/** Two indices in a row are listed, more are a range. */
function asRanges(indices: readonly number[]): string {
  const runs: number[][] = [];
  for (const index of indices.toSorted((left, right) => left - right)) {
    if (runs.at(-1)?.at(-1) === index - 1) runs.at(-1)!.push(index);
    else runs.push([index]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join(','))).join(',');
}
