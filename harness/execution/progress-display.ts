/** Shows how runs get on, on stderr: one live bar per run on a terminal, else plain lines at a bounded rate. */
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { ExecutionEvent } from './execute-runs.js';
import { meterText, newMeter, type RunMeter, updateMeter } from './run-meter.js';

export interface ProgressDisplay {
  onEvent(index: number, event: ExecutionEvent): void;
  /** Restores the terminal. */
  close(): void;
}

/** @param titles the runs, in the order of their indices */
export function progressDisplay(
  titles: readonly string[],
  stream: NodeJS.WriteStream = process.stderr,
): ProgressDisplay {
  return stream.isTTY ? bars(titles, stream) : lines(titles, stream);
}

function bars(titles: readonly string[], stream: NodeJS.WriteStream): ProgressDisplay {
  const width = Math.max(...titles.map(({ length }) => length));
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
  const meters = titles.map(() => newMeter);
  const show = (index: number, status: string) => {
    const { step, totalSteps } = meters[index]!;
    const payload = { title: titles[index]!.padEnd(width), status };
    const existing = bar.get(index);
    if (existing === undefined) bar.set(index, multiBar.create(totalSteps, step, payload));
    else {
      existing.setTotal(totalSteps);
      existing.update(step, payload);
    }
  };
  return {
    onEvent: (index, event) => {
      if (event.type === 'progress') meters[index] = updateMeter(meters[index]!, event.progress, Date.now());
      show(index, event.type === 'progress' ? meterText(meters[index]!) : eventText(event));
    },
    close: () => multiBar.stop(),
  };
}

/** Seconds between two lines about the same run. */
const lineInterval = 10;

function lines(titles: readonly string[], stream: NodeJS.WritableStream): ProgressDisplay {
  const meters: RunMeter[] = titles.map(() => newMeter);
  const shownAt = titles.map(() => 0);
  return {
    onEvent: (index, event) => {
      const prefix = `[${index + 1}/${titles.length}] ${titles[index]}`;
      if (event.type !== 'progress') {
        stream.write(`${prefix}: ${eventText(event)}\n`);
        shownAt[index] = Date.now();
        return;
      }
      const meter = updateMeter(meters[index]!, event.progress, Date.now());
      meters[index] = meter;
      const rare = event.progress.type === 'waiting' || event.progress.type === 'resuming';
      if (!rare && Date.now() - shownAt[index]! < lineInterval * 1000) return;
      shownAt[index] = Date.now();
      const steps = meter.totalSteps === 0 ? '' : ` step ${meter.step}/${meter.totalSteps},`;
      stream.write(`${prefix}:${steps} ${meterText(meter)}\n`);
    },
    close: () => {},
  };
}

function eventText({ type }: Exclude<ExecutionEvent, { type: 'progress' }>): string {
  switch (type) {
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
    default:
      return type satisfies never;
  }
}
