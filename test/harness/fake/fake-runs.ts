/** Reproductions and jobs with the stand-in trainer, small enough to run by the dozen in a test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { TitledJob } from '../../../harness/execution/execute-runs.js';
import type { Executor } from '../../../harness/execution/executor.js';
import type { Interruption } from '../../../harness/execution/interruption.js';
import { localExecutor } from '../../../harness/execution/local/local-executor.js';
import { prepareJobs, type TitledConfig } from '../../../harness/experiment/prepare-jobs.js';
import { type Plan, planSuite } from '../../../harness/suite/plan.js';
import { firstVersion } from '../../fixtures/first-version.js';
import { textStage } from '../../reference-model/recipe/text-stage.js';
import { fakeMachinery } from './fake-machinery.mjs';

export const fakeWorker = fileURLToPath(new URL('fake-worker.mjs', import.meta.url));

/** Performs runs with the stand-in trainer, in processes beside this one. */
export const fakeExecutor = (interruption: Interruption): Executor =>
  localExecutor({ interruption, workerEntry: fakeWorker });

const folders: string[] = [];

/** A new folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-test-'));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  // A run that was told to end may still be writing.
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
});

const steps: Readonly<Record<string, number>> = { align: 150, 'align-vision': 150, joint: 500, adapt: 100 };

/** Finding 1 with steps of our own, however its recipe is tuned, and as many images as the stand-in data set holds. */
export function fakePlan({ smoke = false, seeds }: { smoke?: boolean; seeds?: number } = {}): Plan {
  const suite = firstVersion('finding-1');
  const { recipe } = suite!.scales.embedded;
  const embedded = {
    ...suite!.scales.embedded,
    recipe: {
      ...recipe,
      validateEverySteps: 50,
      checkpointEverySteps: 50,
      stages: recipe.stages.map((stage) => ({ ...stage, steps: steps[stage.name]! })),
    },
    evaluation: { split: 'test' as const, captionImages: 15, questions: 30 },
  };
  const overlay = { ...suite!.smoke.overlay, evaluation: {} };
  const small = {
    ...suite!,
    scales: { ...suite!.scales, embedded },
    smoke: { ...suite!.smoke, overlay },
  };
  return planSuite(small, { smoke, ...(seeds === undefined ? {} : { seeds }) });
}

export async function fakeJobs(store: string, plan: Plan, parallel = 1): Promise<readonly TitledJob[]> {
  const runs = plan.runs.map(({ arm, seed, config }) => ({ title: `${arm}, seed ${seed}`, config }));
  const { jobs } = await prepareJobs(runs, {
    store,
    engine: 'auto',
    machinery: fakeMachinery,
    parallel,
  });
  return jobs;
}

/** An interruption that the test itself controls. */
export function manualInterruption(): Interruption & {
  readonly requestStop: () => void;
  readonly requestKill: () => void;
} {
  const stop = new AbortController();
  const kill = new AbortController();
  return {
    stop: stop.signal,
    kill: kill.signal,
    requestStop: () => stop.abort('SIGINT'),
    requestKill: () => kill.abort('SIGINT'),
  };
}

/** One seed's arms behind the stages that they share (`align…joint`), which come first; alone, they train every step. */
export async function fakeForkedJobs(
  store: string,
  { seeds = [1], alone = false }: { seeds?: readonly number[]; alone?: boolean } = {},
): Promise<readonly TitledJob[]> {
  const { config } = fakePlan().runs[0]!;
  const { stages } = config.recipe;
  const variants = ['causal', 'visual-bidirectional'] as const;
  const configs = seeds.flatMap((seed): readonly TitledConfig[] => {
    const recipe = { ...config.recipe, stages: stages.slice(0, 3) };
    const evaluation = { ...config.evaluation, captionImages: 0, questions: 0 };
    return [
      { title: `shared stages align…joint, seed ${seed}`, config: { ...config, seed, recipe, evaluation } },
      ...variants.map((maskKind) => ({
        title: `${maskKind}, seed ${seed}`,
        config: {
          ...config,
          seed,
          recipe: { ...config.recipe, stages: stages.with(3, { ...textStage(stages[3]), attentionMask: maskKind }) },
        },
      })),
    ];
  });
  const placed = configs.map((titled, index) =>
    index % 3 === 0 ? titled : { ...titled, prefix: index - (index % 3) },
  );
  const { jobs } = await prepareJobs(alone ? configs : placed, {
    store,
    engine: 'auto',
    machinery: fakeMachinery,
    parallel: 1,
  });
  return alone ? jobs.filter((_, index) => index % 3 !== 0) : jobs;
}
