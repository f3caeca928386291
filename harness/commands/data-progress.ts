/** How far reading images has come, on standard error: rate and time left, rewritten in place on a terminal, else in lines far apart. */

const TERMINAL_MILLISECONDS = 250;
const LINE_MILLISECONDS = 30_000;

/** @param what is counted, in the plural */
export function dataProgress(
  what: string,
  stream: NodeJS.WriteStream = process.stderr,
): (done: number, total: number) => void {
  const started = Date.now();
  let shown = started;
  return (done, total) => {
    const now = Date.now();
    const isLast = done === total && stream.isTTY && shown > started;
    if (!isLast && now - shown < (stream.isTTY ? TERMINAL_MILLISECONDS : LINE_MILLISECONDS)) return;
    shown = now;
    const text = progressText(what, { done, total, seconds: (now - started) / 1000 });
    stream.write(stream.isTTY ? `\r${text}\u001b[K${done === total ? '\n' : ''}` : `${text}\n`);
  };
}

/** For example `1200/5000 images, 240 a second, 16 s left`. */
export function progressText(
  what: string,
  { done, total, seconds }: { readonly done: number; readonly total: number; readonly seconds: number },
): string {
  const rate = done / seconds;
  if (!(rate > 0) || !Number.isFinite(rate)) return `${done}/${total} ${what}`;
  const left = Math.ceil((total - done) / rate);
  const shownRate = rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
  return `${done}/${total} ${what}, ${shownRate} a second, ${left < 120 ? `${left} s` : `${Math.ceil(left / 60)} min`} left`;
}
