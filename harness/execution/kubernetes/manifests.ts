/**
 * The manifests of runs for Kubernetes (batch/v1 Job, v1 Service), pure. A wave of runs on one device each is one indexed Job, whose pod i
 * performs run i. A run on several devices is an indexed Job of its own, with a pod for each rank, which find each other by a headless
 * Service. Jobs that wait for others are suspended until those have ended.
 */
import { posix } from 'node:path';
import type { TitledRun } from '../executor.js';
import type { KubernetesSettings } from '../executor-settings.js';
import { interruptedExitCode } from '../interruption.js';
import { jobCommand, shellWord } from '../jobs/job-command.js';
import { jobEnvironment } from '../jobs/job-environment.js';

export const nameLabel = 'app.kubernetes.io/name';
export const packageName = 'vlm-bench';
/** Names of the Jobs that have to end first, with commas between them. */
export const afterAnnotation = 'vlm-bench/after';
/** Names of the Jobs that have to end first, well or not, because no more than so many run at once; with commas between them. */
export const inTurnAnnotation = 'vlm-bench/in-turn-after';

/** A port of the ranks' own; every run has a Service of its own, so none is in the way of another. */
const rendezvousPort = 29_500;

/** Where one rank is evicted, the others save a checkpoint with it and end as it does. */
const afterCheckpoint = {
  action: 'Ignore',
  onExitCodes: { containerName: 'run', operator: 'In', values: [interruptedExitCode.SIGTERM] },
};

/** As the API takes it. */
export type Manifest = Readonly<Record<string, unknown>>;

export interface JobManifests {
  readonly job: Manifest;
  /** @param uid of the Job, with which the Service is removed */
  readonly service?: (uid: string) => Manifest;
}

export interface ManifestContext {
  readonly name: string;
  readonly settings: KubernetesSettings & { readonly image: string };
  /** Where the store lies in the containers. */
  readonly store: string;
  /** Names of the Jobs whose stages the runs go on from. */
  readonly after: readonly string[];
  /** Names of the Jobs that are to end before, for a limit of runs at once. */
  readonly inTurnAfter?: readonly string[];
  /** Seconds after which an attempt is ended and the next one begins. */
  readonly seconds?: number;
}

/** @param runs one for each index; a single one where it takes several devices */
export function jobManifests(runs: readonly TitledRun[], context: ManifestContext): JobManifests {
  const { name, settings, after, inTurnAfter = [] } = context;
  const { devices, backoffLimit, atOnce } = settings;
  const isDistributed = devices > 1;
  const completions = isDistributed ? devices : runs.length;
  const labels = { [nameLabel]: packageName };
  const waitsFor = { [afterAnnotation]: after.join(','), [inTurnAnnotation]: inTurnAfter.join(',') };
  const annotations = Object.fromEntries(Object.entries(waitsFor).filter(([, names]) => names !== ''));
  const isWaiting = Object.keys(annotations).length > 0;
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels, ...(isWaiting ? { annotations } : {}) },
    spec: {
      completionMode: 'Indexed',
      completions,
      parallelism: isDistributed ? completions : Math.min(atOnce ?? completions, completions),
      suspend: isWaiting,
      // A rank that fails fails all of them; a run that fails leaves the others alone.
      ...(isDistributed
        ? { backoffLimit: backoffLimit * devices }
        : { backoffLimitPerIndex: backoffLimit, maxFailedIndexes: completions }),
      podFailurePolicy: {
        // An eviction is nobody's failure.
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          ...(isDistributed ? [afterCheckpoint] : []),
        ],
      },
      template: { metadata: { labels }, spec: podSpec(runs, context, isDistributed) },
    },
  };
  if (!isDistributed) return { job };
  const service = (uid: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels, ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }] },
    spec: {
      clusterIP: 'None',
      selector: { 'batch.kubernetes.io/job-name': name },
      // Ranks look for each other before they are ready.
      publishNotReadyAddresses: true,
      ports: [{ name: 'rendezvous', port: rendezvousPort }],
    },
  });
  return { job, service };
}

function podSpec(runs: readonly TitledRun[], context: ManifestContext, isDistributed: boolean): Manifest {
  const { name, settings, seconds } = context;
  const { image, serviceAccount, processors, memory, devices, deviceResource, volumes } = settings;
  const onDevices = devices === 0 ? {} : { [deviceResource]: String(isDistributed ? 1 : devices) };
  const env = [
    ...jobEnvironment().map(([key, value]) => ({ name: key, value })),
    ...(isDistributed ? rendezvous(name, devices) : []),
  ];
  const resources = { cpu: String(processors), memory, ...onDevices };
  return {
    restartPolicy: 'Never',
    // Process 1 does not hear a SIGTERM that comes before it has asked for it: a run that is cancelled while it starts would go on until it is
    // killed. With this, a run is another process than 1, and ends.
    shareProcessNamespace: true,
    // Time to save a checkpoint when the pod is evicted.
    terminationGracePeriodSeconds: 120,
    ...(seconds === undefined ? {} : { activeDeadlineSeconds: seconds }),
    ...(serviceAccount === undefined ? {} : { serviceAccountName: serviceAccount }),
    ...(isDistributed ? { subdomain: name } : {}),
    containers: [
      {
        name: 'run',
        image,
        command: ['/bin/sh', '-c', script(runs, context, isDistributed)],
        ...(env.length === 0 ? {} : { env }),
        resources: { requests: resources, limits: resources },
        volumeMounts: volumes.map(({ mountPath, readOnly }, index) => ({
          name: `volume-${index}`,
          mountPath,
          readOnly,
        })),
      },
    ],
    volumes: volumes.map(({ claim, hostPath }, index) => ({
      name: `volume-${index}`,
      ...(claim === undefined ? { hostPath: { path: hostPath } } : { persistentVolumeClaim: { claimName: claim } }),
    })),
  };
}

/** `exec`, so that the run itself hears SIGTERM. */
function script(runs: readonly TitledRun[], { settings, store }: ManifestContext, isDistributed: boolean): string {
  const { command = packageName, dataRoot, weights } = settings;
  const option = (name: string, path: string | undefined) => (path === undefined ? '' : ` ${name} ${shellWord(path)}`);
  const places = option('--data-root', dataRoot) + option('--weights', weights);
  const perform = (file: string) => `exec ${jobCommand(command, file)}${places}`;
  const jobs = shellWord(posix.join(store, 'jobs'));
  if (isDistributed) {
    return `export RANK="$JOB_COMPLETION_INDEX"; ${perform(`${jobs}/${runs[0]!.job.runId}.json`)}`;
  }
  const ids = runs.map(({ job }) => job.runId).join(' ');
  return `set -- ${ids}; shift "$JOB_COMPLETION_INDEX"; ${perform(`${jobs}/"$1".json`)}`;
}

/** What c10d reads, but for the rank, which Kubernetes numbers. */
function rendezvous(name: string, devices: number): readonly Manifest[] {
  const variables = {
    MASTER_ADDR: `${name}-0.${name}`,
    MASTER_PORT: String(rendezvousPort),
    WORLD_SIZE: String(devices),
    LOCAL_RANK: '0',
  };
  return Object.entries(variables).map(([key, value]) => ({ name: key, value }));
}
