/**
 * Keeps to limits of an endpoint: so many requests, and so many tokens, in any minute. A sliding log of what was sent: nothing is sent
 * while it would make more than a limit within the window. Requests are let through in the order in which they came.
 */

/** How much each budget takes of one request. */
export type Amounts<Budget extends string> = Readonly<Partial<Record<Budget, number>>>;

export interface Admission<Budget extends string> {
  /** What the request has used after all, where it was estimated. */
  correct(amounts: Amounts<Budget>): void;
}

interface Entry<Budget extends string> {
  readonly at: number;
  amounts: Amounts<Budget>;
}

/** A minute, and a second for what is longer on its way than what follows it. */
const WINDOW_MILLISECONDS = 61_000;

export class RateLimiter<Budget extends string> {
  private readonly limits: Readonly<Partial<Record<Budget, number>>>;
  private readonly window: number;
  private log: Entry<Budget>[] = [];
  private last: Promise<unknown> = Promise.resolve();

  /** @param limits of each budget within the window; a budget without one is not limited */
  constructor(limits: Readonly<Partial<Record<Budget, number>>>, window: number = WINDOW_MILLISECONDS) {
    this.limits = limits;
    this.window = window;
  }

  /** Waits until a request of these amounts may be sent. One that is larger than a limit is let through alone. */
  admit(amounts: Amounts<Budget>): Promise<Admission<Budget>> {
    const admitted = this.last.then(() => this.wait(amounts));
    this.last = admitted;
    return admitted;
  }

  private async wait(amounts: Amounts<Budget>): Promise<Admission<Budget>> {
    for (;;) {
      const now = performance.now();
      this.log = this.log.filter(({ at }) => now - at < this.window);
      if (this.log.length === 0 || this.fits(amounts)) {
        const entry: Entry<Budget> = { at: now, amounts };
        this.log.push(entry);
        return {
          correct: (actual) => {
            entry.amounts = actual;
          },
        };
      }
      const free = this.log[0]!.at + this.window - now;
      await new Promise((resolve) => setTimeout(resolve, Math.max(1, Math.ceil(free))));
    }
  }

  private fits(amounts: Amounts<Budget>): boolean {
    return (Object.entries(this.limits) as [Budget, number | undefined][]).every(([budget, limit]) => {
      const used = this.log.reduce((sum, entry) => sum + (entry.amounts[budget] ?? 0), 0);
      return limit === undefined || used + (amounts[budget] ?? 0) <= limit;
    });
  }
}
