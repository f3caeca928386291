/** Shows how runs get on, on stderr: one live bar per run on a terminal, else plain lines at a bounded rate. */
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { logLine, logText } from '../log-text.js';
import type { ExecutionEvent, TitledJob } from './execute-runs.js';
import { meterText, newMeter, updateMeter } from './run-meter.js';

export interface ProgressDisplay {
  onEvent(index: number, event: ExecutionEvent): void;
  /** Restores the terminal. */
  close(): void;
}

interface DisplayedRun {
  readonly title: string;
  readonly totalSteps: number;
}

export function displayedRun({ title, job }: TitledJob): DisplayedRun {
  const { stages } = job.identity.config.recipe;
  return { title: logText(title), totalSteps: stages.reduce((sum, { steps }) => sum + steps, 0) };
}

/** @param runs in the order of their indices */
export function progressDisplay(
  runs: readonly DisplayedRun[],
  stream: NodeJS.WriteStream = process.stderr,
): ProgressDisplay {
  return stream.isTTY ? bars(runs, stream) : lines(runs, stream);
}

function bars(runs: readonly DisplayedRun[], stream: NodeJS.WriteStream): ProgressDisplay {
  const width = Math.max(...runs.map(({ title }) => title.length));
  const multiBar = new MultiBar(
    {
      stream,
      format: '{title} {bar} {value}/{total} {status}',
      barsize: 24,
      hideCursor: true,
      gracefulExit: false,
      autopadding: true,
      fps: 8,
    },
    Presets.shades_classic,
  );
  const bar = new Map<number, SingleBar>();
  const meters = runs.map(newMeter);
  const show = (index: number, status: string) => {
    const { step, totalSteps } = meters[index]!;
    const payload = { title: runs[index]!.title.padEnd(width), status: logLine(status) };
    const existing = bar.get(index);
    if (existing === undefined) bar.set(index, multiBar.create(totalSteps, step, payload));
    else existing.update(step, payload);
  };
  return {
    onEvent: (index, event) => {
      const meter = meters[index]!;
      if (event.type === 'progress') meters[index] = updateMeter(meter, event.progress, event.at ?? Date.now());
      if (event.type === 'from-record') meters[index] = { ...meter, step: meter.totalSteps };
      show(index, event.type === 'progress' ? meterText(meters[index]!) : eventText(event));
    },
    close: () => multiBar.stop(),
  };
}

/** Seconds between two lines about the same run. */
const lineInterval = 10;

function lines(runs: readonly DisplayedRun[], stream: NodeJS.WritableStream): ProgressDisplay {
  const meters = runs.map(newMeter);
  const shownAt = runs.map(() => 0);
  return {
    onEvent: (index, event) => {
      const prefix = `[${index + 1}/${runs.length}] ${runs[index]!.title}`;
      if (event.type !== 'progress') {
        stream.write(`${logLine(`${prefix}: ${eventText(event)}`)}\n`);
        shownAt[index] = Date.now();
        return;
      }
      const meter = updateMeter(meters[index]!, event.progress, event.at ?? Date.now());
      meters[index] = meter;
      const rare = ['waiting', 'resuming', 'forking', 'image-left-out'].includes(event.progress.type);
      if (!rare && Date.now() - shownAt[index]! < lineInterval * 1000) return;
      shownAt[index] = Date.now();
      stream.write(`${logLine(`${prefix}: step ${meter.step}/${meter.totalSteps}, ${meterText(meter)}`)}\n`);
    },
    close: () => {},
  };
}

function eventText(event: Exclude<ExecutionEvent, { type: 'progress' }>): string {
  switch (event.type) {
    case 'from-record':
      return 'already recorded, read back';
    case 'started':
      return 'started';
    case 'done':
      return 'finished';
    case 'stopped':
      return 'stopped, can be resumed';
    case 'failed':
      return 'failed';
    case 'queued':
      return event.detail === '' ? 'queued' : `queued (${event.detail})`;
    case 'running':
      return event.detail === '' ? 'running' : `running on ${event.detail}`;
    default:
      return event satisfies never;
  }
}
