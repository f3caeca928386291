/**
 * What can be set of executors, in `vlm-bench.config.yaml` or by `--set`: where runs are performed, and what a scheduler is asked for.
 * Whatever ends up in a batch script or an argument is held to the characters that its kind can have.
 */
import { z } from 'zod';

/** Text of a pattern. @param expected in words, for the complaint */
const text = (pattern: RegExp, expected: string) =>
  z.string().refine((value) => pattern.test(value), { error: 'cannot be that', params: { expected } });
const word = () => text(/^[\w.@,:=/+-]+$/, 'a name of letters, digits and . _ @ , : = / + -');
/** As the user would type it for a shell. */
const shellLine = () => text(/^[^\n\r\0]+$/, 'one line');

/** What a run needs, wherever it is performed. */
const resources = {
  /** GPUs of one run. With more than one, as many processes of the run are started, and joined by c10d. */
  devices: z.int().min(0).max(1024).default(0),
  processors: z.int().min(1).max(4096).default(1),
  /** For the whole run, such as 4G. */
  memory: text(/^[1-9]\d*[MG]$/, 'a size in M or G, such as 4G').default('4G'),
  /** Limit of one attempt; what is interrupted by it goes on in the next. */
  timeLimit: text(
    /^(?:plan|(?:\d+-)?\d{1,4}:[0-5]\d:[0-5]\d)$/,
    'hours, minutes and seconds (4:00:00), with days before them (1-12:00:00), or plan',
  ).default('plan'),
  /** Runs at the same time, at most. */
  atOnce: z.int().min(1).exactOptional(),
  /** How vlm-bench is started there; by default this installation, at this path. */
  command: shellLine().exactOptional(),
  /** Whether a stop request (Ctrl-C) cancels the jobs as well; else they go on and can be taken up again. */
  cancelOnStop: z.boolean().default(false),
  /** The longest pause between two looks at the queue. */
  pollSeconds: z.number().min(0.1).max(3600).default(15),
};

const slurmFields = z.strictObject({
  ...resources,
  partition: word().exactOptional(),
  account: word().exactOptional(),
  qos: word().exactOptional(),
  nodes: z.int().min(1).max(1024).default(1),
  /** Lines of bash before the run, such as `module load`. */
  setup: text(/^[^\0]*$/, 'lines of bash').exactOptional(),
  /** What the command is put behind, such as `apptainer exec --nv image.sif`. */
  container: shellLine().exactOptional(),
  /** Further options of sbatch, one each. */
  options: z.array(text(/^--?[\w-]+(?:[= ][^\n\r\0]*)?$/, 'an option of sbatch, such as --exclude=node7')).default([]),
  /** Whether a preempted run, or one at its time limit, is queued again. */
  requeue: z.boolean().default(true),
  /** How long before the time limit a run is told to save a checkpoint and to be queued again. */
  warningSeconds: z.int().min(10).max(65_535).default(120),
});

const slurmSchema = slurmFields.refine(({ nodes, devices }) => nodes === 1 || devices % nodes === 0, {
  path: ['devices'],
  error: 'cannot be spread evenly over the nodes',
  params: { expected: 'a multiple of nodes' },
});

const name = () => text(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, 'a name: lower-case letters, digits, - and .');
const path = () => text(/^\/[^\0\n]*$/, 'an absolute path');

const volumeSchema = z.strictObject({
  mountPath: path(),
  claim: name().exactOptional(),
  hostPath: path().exactOptional(),
  readOnly: z.boolean().default(false),
});

const kubernetesSchema = z.strictObject({
  ...resources,
  context: z.string().min(1).exactOptional(),
  namespace: name().default('default'),
  /** With vlm-bench in it. */
  image: text(/^[\w./:@-]+$/, 'a container image, such as registry.example/vlm-bench:1').exactOptional(),
  serviceAccount: name().exactOptional(),
  /** One of them has to hold the store. */
  volumes: z.array(volumeSchema).default([]),
  /** Where the store lies in the containers. */
  store: path().exactOptional(),
  /** Where data sets lie in the containers that are read from disk. */
  dataRoot: path().exactOptional(),
  /** The same of weights of the hub. */
  weights: path().exactOptional(),
  /** Name of the resource that a GPU is. */
  deviceResource: text(/^[\w./-]+$/, 'a resource, such as nvidia.com/gpu').default('nvidia.com/gpu'),
  /** Attempts after a first that failed; a pod that was evicted counts for none. */
  backoffLimit: z.int().min(0).max(1000).default(3),
});

export const executorNames = ['local', 'slurm', 'kubernetes'] as const;
export type ExecutorName = (typeof executorNames)[number];

export const executorSettingsSchema = z.strictObject({
  executor: z.enum(executorNames).default('local'),
  slurm: slurmSchema.default(slurmSchema.parse({})),
  kubernetes: kubernetesSchema.default(kubernetesSchema.parse({})),
});

export type ExecutorSettings = z.infer<typeof executorSettingsSchema>;
export type SlurmSettings = ExecutorSettings['slurm'];
export type KubernetesSettings = ExecutorSettings['kubernetes'];

/** The settings of the chosen executor, as `plan` shows them. */
export function settingsOf(settings: ExecutorSettings): Readonly<Record<string, unknown>> {
  switch (settings.executor) {
    case 'local':
      return {};
    case 'slurm':
      return settings.slurm;
    case 'kubernetes':
      return settings.kubernetes;
    default:
      return settings.executor satisfies never;
  }
}
