/** Runs through the executor as Jobs of a control plane on this machine, and what the tests of them ask for. */
import { fileURLToPath } from 'node:url';
import { type ExecutionEvent, executeRuns, type TitledJob } from '../../../../harness/execution/execute-runs.js';
import { executorSettingsSchema, type KubernetesSettings } from '../../../../harness/execution/executor-settings.js';
import { shellWord } from '../../../../harness/execution/jobs/job-command.js';
import { kubernetesExecutor } from '../../../../harness/execution/kubernetes/kubernetes-executor.js';
import { readEvents } from '../../../../harness/records/events.js';
import { runPaths } from '../../../../harness/records/run-paths.js';
import { fakeExecutor, manualInterruption } from '../fake-runs.js';
import { bytesOf } from '../run-outcomes.js';

const fakePerform = fileURLToPath(new URL('../fake-perform.mjs', import.meta.url));

export const perform = (faults: Readonly<Record<string, string>> = {}): string => {
  const variables = Object.entries(faults).map(([name, value]) => `${name}=${value}`);
  return ['env', ...variables, process.execPath, fakePerform].map(shellWord).join(' ');
};

export const inContainer = '/mnt/results';

export function settingsOf(store: string, own: object): KubernetesSettings {
  return executorSettingsSchema.parse({
    kubernetes: {
      image: 'registry.example/vlm-bench:1',
      volumes: [{ hostPath: store, mountPath: inContainer }],
      store: inContainer,
      memory: '1G',
      pollSeconds: 0.3,
      backoffLimit: 0,
      command: perform(),
      ...own,
    },
  }).kubernetes;
}

export const sessionsOf = ({ job }: TitledJob) =>
  readEvents(runPaths(job.store, job.runId).events).flatMap((event) =>
    event.type === 'session-started' ? [event.resumedFromStep] : [],
  );

export function execute(
  jobs: readonly TitledJob[],
  {
    attach = false,
    onEvent,
    settings = {},
  }: { attach?: boolean; settings?: object; onEvent?: (event: ExecutionEvent, index: number) => void } = {},
) {
  const interruption = manualInterruption();
  const told: string[] = [];
  const { store } = jobs[0]!.job;
  const executor = kubernetesExecutor(settingsOf(store, settings), { store, interruption, attach });
  const results = executor.then((executor) =>
    executeRuns(jobs, {
      executor,
      jobs: 1,
      interruption,
      onEvent: (index, event) => {
        const detail = event.type === 'queued' ? ` ${event.detail}` : '';
        if (event.type !== 'progress') told.push(`${event.type} ${index}${detail}`);
        onEvent?.(event, index);
      },
    }),
  );
  return { results, interruption, told };
}

/** The bytes of the same jobs beside this process. */
export async function bytesBeside(jobs: readonly TitledJob[]): Promise<unknown> {
  const interruption = manualInterruption();
  await executeRuns(jobs, { executor: fakeExecutor(interruption), jobs: 2, interruption });
  return bytesOf(jobs);
}
