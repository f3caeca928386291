/** What is asked of a process that performs a run, and what it tells meanwhile; both are plain JSON. */
import type { MaskFamily } from '../../reference-model/ops/attention-mask.js';
import type { TrainingEvent } from '../../reference-model/training/events.js';
import type { ForkPoint } from '../records/fork.js';
import type { Provenance } from '../records/provenance.js';
import type { RunIdentity } from '../records/run-identity.js';
import type { DataPlace } from './load-data-sets.js';
import type { EngineChoice, Machinery } from './machinery.js';

/** Everything a process needs to perform a run. */
export interface RunJob {
  readonly store: string;
  readonly runId: string;
  readonly identity: RunIdentity;
  readonly engine: EngineChoice;
  /** Those of all runs that it is compared with, where the engine computes otherwise for them. */
  readonly masks?: MaskFamily;
  /** What it was planned for, where the engine has a choice. */
  readonly device?: 'cpu' | 'gpu';
  /** Where its data sets lie. */
  readonly place?: DataPlace;
  readonly provenance: Provenance;
  /** How many runs were executed at the same time, for the record. */
  readonly jobs: number;
  /** The finished run that has the same first steps, to copy them from; not part of the identity, as the bits are the same. */
  readonly forkFrom?: ForkPoint;
}

/** What performs a run, and who hears of it. */
export interface RunSurroundings {
  readonly machinery: Machinery;
  readonly onProgress: (progress: RunProgress) => void;
  readonly signal: AbortSignal;
}

/** What a run tells while it works. */
export type RunProgress =
  | TrainingEvent
  /** `lock` is the folder of the claims, which nobody takes back for a machine that is gone. */
  | { readonly type: 'waiting'; readonly heldBy: string; readonly lock: string }
  | { readonly type: 'resuming'; readonly step: number }
  /** The steps up to this one were copied from a run that has the same. */
  | { readonly type: 'forking'; readonly step: number }
  | { readonly type: 'evaluating' };
