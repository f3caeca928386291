/** What happens while a run is trained and evaluated, as it is logged and measured. */
import type { TrainingEvent } from '../../reference-model/training/events.js';

/** What the harness adds to the trainer's own events; a session is one process working on the run. */
export type SessionEvent =
  /** What follows, up to this step, was copied from the record of another run that begins with the same stages. */
  | { readonly type: 'forked'; readonly runId: string; readonly step: number }
  | {
      readonly type: 'session-started';
      readonly resumedFromStep: number;
      readonly jobs: number;
      /** That the engine used in this session; logs of earlier versions do not tell. */
      readonly devices?: number;
    }
  | { readonly type: 'training-finished' }
  | { readonly type: 'finished'; readonly peakMemoryBytes: number };

export type RunEvent = TrainingEvent | SessionEvent;
