/**
 * What the executor asks of a Kubernetes API, and its binding to `@kubernetes/client-node`, which is loaded only here and only when it is
 * asked for: it is an optional package that most installations do without.
 */
import { UserError } from '../../errors.js';
import type { KubernetesSettings } from '../executor-settings.js';
import { type Followed, followObjects, type Informer } from './follow-objects.js';
import type { Manifest } from './manifests.js';
import { nameLabel, packageName } from './manifests.js';
import { type JobObject, type PodObject, warningsOf } from './objects.js';
import { saidBy } from './refusal.js';

export interface KubernetesApi {
  /** @returns its uid */
  createJob(manifest: Manifest): Promise<string>;
  createService(manifest: Manifest): Promise<void>;
  /** Lets a suspended Job begin. */
  resumeJob(name: string): Promise<void>;
  /** Removes a Job with its pods and its Service, if there is such a Job. */
  remove(name: string): Promise<void>;
  /** Objects with our label. @throws whatever the API says when they cannot be had */
  followJobs(): Promise<Followed<JobObject>>;
  followPods(): Promise<Followed<PodObject>>;
  log(pod: string, lines: number): Promise<string>;
  /** Why pods of a Job could not be made, as its events say, the latest last. */
  warnings(job: string): Promise<readonly string[]>;
}

/** The part of the client that is used. */
interface ClientModule {
  readonly KubeConfig: new () => {
    loadFromDefault(): void;
    setCurrentContext(context: string): void;
    getContextObject(context: string): unknown;
    makeApiClient(api: unknown): Client;
  };
  readonly BatchV1Api: unknown;
  readonly CoreV1Api: unknown;
  makeInformer(config: unknown, path: string, list: () => Promise<unknown>, labelSelector: string): Informer;
  setHeaderOptions(name: string, value: string): unknown;
}

type Client = Readonly<Record<string, (parameters: object, options?: unknown) => Promise<unknown>>>;

/**
 * @throws UserError `not-available` where the client is not installed, `config-invalid` for a context that there is not, or a configuration
 * that cannot be used
 */
export async function connectKubernetes({ context, namespace }: KubernetesSettings): Promise<KubernetesApi> {
  const client = await loadClient();
  const { config, batch, core } = configure(client, context);
  const labelSelector = `${nameLabel}=${packageName}`;
  const follow = <Kind>(path: string, list: () => Promise<unknown>): Promise<Followed<Kind>> =>
    followObjects(() => client.makeInformer(config, path, list, labelSelector));
  return {
    createJob: async (body) => {
      const created = await batch.createNamespacedJob!({ namespace, body });
      return String(Object(created).metadata?.uid);
    },
    createService: async (body) => {
      await core.createNamespacedService!({ namespace, body });
    },
    resumeJob: async (name) => {
      const body = [{ op: 'replace', path: '/spec/suspend', value: false }];
      const options = client.setHeaderOptions('Content-Type', 'application/json-patch+json');
      await batch.patchNamespacedJob!({ namespace, name, body }, options);
    },
    remove: async (name) => {
      await unlessGone(batch.deleteNamespacedJob!({ namespace, name, propagationPolicy: 'Background' }));
    },
    followJobs: () =>
      follow(`/apis/batch/v1/namespaces/${namespace}/jobs`, () =>
        batch.listNamespacedJob!({ namespace, labelSelector }),
      ),
    followPods: () =>
      follow(`/api/v1/namespaces/${namespace}/pods`, () => core.listNamespacedPod!({ namespace, labelSelector })),
    log: async (name, tailLines) => String(await core.readNamespacedPodLog!({ namespace, name, tailLines })),
    warnings: async (job) => {
      const fieldSelector = `involvedObject.kind=Job,involvedObject.name=${job},reason=FailedCreate`;
      return warningsOf(await core.listNamespacedEvent!({ namespace, fieldSelector }));
    },
  };
}

function configure(client: ClientModule, context: string | undefined) {
  try {
    const config = new client.KubeConfig();
    config.loadFromDefault();
    if (context !== undefined) {
      if (config.getContextObject(context) === null) throw unknownContext(context);
      config.setCurrentContext(context);
    }
    const [batch, core] = [client.BatchV1Api, client.CoreV1Api].map((api) => config.makeApiClient(api));
    return { config, batch: batch!, core: core! };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const { KUBECONFIG = '~/.kube/config' } = process.env;
    throw new UserError(
      {
        code: 'config-invalid',
        what: `the configuration of kubectl cannot be used: ${saidBy(cause).said}`,
        where: KUBECONFIG,
        expected: 'a configuration whose current context names a cluster and a user in it',
        fix: 'correct it until `kubectl config view --minify` shows it, or name another with KUBECONFIG or kubernetes.context',
      },
      { cause },
    );
  }
}

async function loadClient(): Promise<ClientModule> {
  // Not a literal: whoever compiles this package need not have it.
  const name: string = '@kubernetes/client-node';
  try {
    return (await import(name)) as ClientModule;
  } catch (cause) {
    throw new UserError(
      {
        code: 'not-available',
        what: 'the package that talks to Kubernetes is not installed',
        expected: `${name} 1.4.0`,
        fix: `npm install --save-optional ${name}@1.4.0`,
      },
      { cause },
    );
  }
}

async function unlessGone(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (Object(error).code !== 404) throw error;
  }
}

function unknownContext(context: string): UserError {
  return new UserError({
    code: 'config-invalid',
    what: `there is no context ${context} in the configuration of kubectl`,
    expected: 'a name that `kubectl config get-contexts` lists',
    fix: 'correct kubernetes.context, or leave it out for the current one',
  });
}
