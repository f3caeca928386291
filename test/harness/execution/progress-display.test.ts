import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { displayedRun, progressDisplay } from '../../../harness/execution/progress-display.js';
import type { RunProgress } from '../../../harness/run/run-job.js';
import { fakeJobs, fakePlan, temporaryFolder } from '../fake/fake-runs.js';

/** A stream that keeps what was written, as a terminal or as a file would receive it. */
class Screen extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 100;
  readonly rows = 40;

  constructor({ isTTY }: { isTTY: boolean }) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  /** What a terminal shows after all that was written: understands line feeds, columns, upward moves and erasing to the right. */
  shown(): readonly string[] {
    const lines: string[] = [''];
    let [row, column] = [0, 0];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's commands begin with one
    for (const token of this.text.match(/\x1b\[\??[\d;]*[A-Za-z]|[\s\S]/g) ?? []) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
      const command = /^\x1b\[(\??\d*)([A-Za-z])$/.exec(token);
      if (command?.[2] === 'A') row -= Number(command[1] || 1);
      else if (command?.[2] === 'G') column = Number(command[1] || 1) - 1;
      else if (command?.[2] === 'K') lines[row] = lines[row]!.slice(0, column);
      else if (command !== null) continue;
      else if (token === '\n') {
        [row, column] = [row + 1, 0];
        lines[row] ??= '';
      } else if (token === '\r') column = 0;
      else {
        lines[row] = lines[row]!.padEnd(column).slice(0, column) + token + lines[row]!.slice(column + 1);
        column += 1;
      }
    }
    return lines;
  }
}

const stepped = (step: number, loss = 1): { type: 'progress'; progress: RunProgress } => ({
  type: 'progress',
  progress: {
    type: 'step',
    stage: 'joint',
    step,
    totalSteps: 900,
    loss,
    learningRate: {},
    gradientNorm: 1,
    tokens: 64,
    answerTokens: 16,
  },
});

async function display(screen: Screen) {
  const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
  const runs = jobs.slice(0, 2).map(displayedRun);
  return progressDisplay(runs, screen as unknown as NodeJS.WriteStream);
}

describe('on a terminal', () => {
  test('every run has one line with a bar as long as its share of steps, and the cursor comes back', async () => {
    const screen = new Screen({ isTTY: true });
    const { onEvent, close } = await display(screen);
    onEvent(0, { type: 'started' });
    onEvent(1, { type: 'started' });
    for (let step = 1; step <= 450; step++) onEvent(1, stepped(step));
    close();
    const [first, second, ...rest] = screen.shown();
    expect(first).toMatch(/^causal, seed 1 +░{24} 0\/900 started$/);
    expect(second).toMatch(/^visual-bidirectional, seed 1 █{12}░{12} 450\/900 joint, loss 1\.000, \d+ tokens\/s/);
    expect(rest.join('')).toBe('');
    const hidden = screen.text.lastIndexOf('\x1b[?25l');
    expect(hidden).toBeGreaterThanOrEqual(0);
    expect(screen.text.lastIndexOf('\x1b[?25h')).toBeGreaterThan(hidden);
  });

  test('a run on a device that tells its use shows it, as the mean of the last steps', async () => {
    const screen = new Screen({ isTTY: true });
    const { onEvent, close } = await display(screen);
    onEvent(0, { type: 'started' });
    const { progress } = stepped(1);
    onEvent(0, {
      type: 'progress',
      progress: { ...progress, utilisation: 0.5, peakMemoryBytes: 3 * 2 ** 30 } as RunProgress,
    });
    close();
    expect(screen.shown()[0]).toMatch(/1\/900 joint, loss 1\.000, MFU 50\.0 %, 3\.0 GiB$/);
  });

  test('a run that is read back is whole, and one that ended says how', async () => {
    const screen = new Screen({ isTTY: true });
    const { onEvent, close } = await display(screen);
    onEvent(0, { type: 'from-record' });
    onEvent(1, { type: 'started' });
    onEvent(1, stepped(225));
    onEvent(1, { type: 'failed' });
    close();
    const [first, second] = screen.shown();
    expect(first).toMatch(/^causal, seed 1 +█{24} 900\/900 already recorded, read back$/);
    expect(second).toMatch(/^visual-bidirectional, seed 1 █{6}░{18} 225\/900 failed$/);
  });
});

describe('in a file', () => {
  test('there are plain lines: starts, ends, and in between one now and then', async () => {
    const screen = new Screen({ isTTY: false });
    const { onEvent, close } = await display(screen);
    onEvent(0, { type: 'started' });
    onEvent(0, { type: 'progress', progress: { type: 'resuming', step: 50 } });
    for (let step = 51; step <= 900; step++) onEvent(0, stepped(step));
    onEvent(0, { type: 'done' });
    onEvent(1, { type: 'from-record' });
    close();
    expect(screen.text).toBe(
      [
        '[1/2] causal, seed 1: started',
        '[1/2] causal, seed 1: step 50/900, resuming after step 50',
        '[1/2] causal, seed 1: finished',
        '[2/2] visual-bidirectional, seed 1: already recorded, read back',
        '',
      ].join('\n'),
    );
  });
});
