/**
 * How many requests are under way at once: half as many when an endpoint says that it has too many, one more after as many successes as
 * there are at a time. A pause that the endpoint asks for holds for all requests.
 */
export class AdaptiveConcurrency {
  private limit: number;
  private readonly most: number;
  private running = 0;
  private pausedUntil = 0;
  /** Requests that were sent before it was last halved say nothing of the number after. */
  private halvedAt = Number.NEGATIVE_INFINITY;
  private readonly queue: (() => void)[] = [];

  constructor(most: number) {
    this.most = most;
    this.limit = most;
  }

  /** Requests that may be under way now. */
  get current(): number {
    return Math.floor(this.limit);
  }

  /** Does `work` once there is room for it, after the pause. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.running >= this.current) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.running++;
    try {
      for (let wait = this.pausedUntil - performance.now(); wait > 0; wait = this.pausedUntil - performance.now()) {
        await new Promise((resolve) => setTimeout(resolve, Math.ceil(wait)));
      }
      return await work();
    } finally {
      this.running--;
      this.wake();
    }
  }

  succeeded(): void {
    this.limit = Math.min(this.most, this.limit + 1 / this.limit);
    this.wake();
  }

  /** @param sentAt by `performance.now()` @param pauseMilliseconds before anything is sent again */
  overloaded(sentAt: number, pauseMilliseconds: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, performance.now() + pauseMilliseconds);
    if (sentAt <= this.halvedAt) return;
    this.halvedAt = performance.now();
    this.limit = Math.max(1, this.current / 2);
  }

  private wake(): void {
    for (let free = this.current - this.running; free > 0; free--) this.queue.shift()?.();
  }
}
