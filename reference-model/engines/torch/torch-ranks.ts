/**
 * Ranks on c10d: the store and Gloo of libtorch on CPUs, NCCL on GPUs. Whatever waits for another rank ends with an error that names the
 * rank to blame: one that told why it failed, one that gives no sign of life, or one that has not come to where the others wait.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type LedRanks, RankError, type RankProblem } from '../../ranks/ranks.js';
import { type TorchAddon, TorchType } from './addon.js';
import type { RankPlace } from './rank-place.js';
import { getText, setText } from './text-parts.js';

export interface GroupOptions {
  /** Seconds after which a rank that others wait for is given up. */
  readonly timeout: number;
  /** `cpu`, or a CUDA device. */
  readonly device: string;
  /** Asks this rank to stop while it waits for others to come. */
  readonly signal?: AbortSignal | undefined;
}

/** Told the port of the store; the ranks have not come yet. */
export type OnOpen = (ranks: TorchRanks, port: number) => void;

/** Milliseconds between two looks into the store. */
const LOOK = 20;

export class TorchRanks implements LedRanks {
  readonly rank: number;
  readonly count: number;
  readonly #torch: TorchAddon;
  readonly #timeout: number;
  /** Whether the store that all share ends with this process. */
  readonly #hostsStore: boolean;
  #exchanges = 0;
  #orders = 0;
  #left = false;
  /** Whether a failure is known here, of this rank or another; the others hear of it by themselves. */
  #failed = false;

  private constructor(torch: TorchAddon, { rank, count, hostsStore }: RankPlace, { timeout }: GroupOptions) {
    this.#torch = torch;
    this.rank = rank;
    this.count = count;
    this.#timeout = timeout;
    this.#hostsStore = hostsStore;
  }

  /**
   * Joins the group, once in a process.
   * @param onOpen called once others can connect
   * @throws RankError naming a rank that does not come; an `AbortError` after a stop request, of which the others are told
   */
  static async join(
    torch: TorchAddon,
    place: RankPlace,
    options: GroupOptions,
    onOpen: OnOpen = () => {},
  ): Promise<TorchRanks> {
    const ranks = new TorchRanks(torch, place, options);
    const { host, port, prefix, hostsStore, rank, count } = place;
    try {
      onOpen(ranks, torch.openGroup(host, port, prefix, hostsStore, rank, count, options.timeout));
    } catch (cause) {
      throw rankErrorOf(cause) ?? unreachable(place, cause);
    }
    try {
      await ranks.#exchange('here', () => {
        if (options.signal?.aborted !== true) return;
        ranks.fail({ what: 'it was asked to stop before all ranks had come', fix: 'start all ranks again' });
        throw Object.assign(new Error('asked to stop'), { name: 'AbortError' });
      });
      const library = options.device === 'cpu' ? '' : 'libnccl.so.2';
      ranks.#guard(() => torch.connectGroup(networkOf(host), library));
    } catch (error) {
      // Where the store ends with this process, the others are to hear first who is to blame.
      ranks.leave();
      throw error;
    }
    return ranks;
  }

  /**
   * Tells the others why this rank does not join them, which they would wait for in vain. Nobody hears it where rank 0 keeps no store within
   * so many seconds; rank 0 keeps it for as long, unless all have heard.
   */
  static decline(torch: TorchAddon, place: RankPlace, problem: RankProblem, seconds: number = LISTENED): void {
    const { host, port, prefix, hostsStore, rank, count } = place;
    const ranks = new TorchRanks(torch, place, { timeout: seconds, device: 'cpu' });
    try {
      torch.openGroup(host, port, prefix, hostsStore, rank, count, seconds);
    } catch {
      return;
    }
    ranks.fail(problem);
    ranks.#part(() => true, seconds);
  }

  sum(values: readonly number[]): readonly number[] {
    const torch = this.#torch;
    const tensor = torch.upload(Float64Array.from(values), [values.length], TorchType.float64);
    try {
      this.#guard(() => torch.sumOverRanks(tensor));
      return [...(torch.download(tensor) as Float64Array)];
    } finally {
      torch.free(tensor);
    }
  }

  exchange<Said>(said: Said): Promise<readonly Said[]> {
    return this.#exchange(said);
  }

  async #exchange<Said>(said: Said, onWait: () => void = () => {}): Promise<readonly Said[]> {
    const key = (rank: number): string => `exchange/${this.#exchanges}/${rank}`;
    this.#set(key(this.rank), said);
    const all: Said[] = [];
    const until = performance.now() + this.#timeout * 1000;
    for (let rank = 0; rank < this.count; rank++) {
      const missing = { what: `it did not come to where the others wait for ${this.#timeout} s`, fix: LATE };
      const text = await this.#take(key(rank), () => {
        onWait();
        if (this.#hasLeftWithout(key(rank), rank)) throw this.blamed(rank, { what: LEFT, fix: SEE });
        if (performance.now() > until) throw this.blamed(rank, missing);
      });
      all.push(JSON.parse(text) as Said);
    }
    this.#exchanges += 1;
    return all;
  }

  /** What rank 0 tells the others to do next, as plain JSON. */
  announce(order: unknown): void {
    this.#orders += 1;
    this.#set(`order/${this.#orders}`, order);
  }

  /** Waits for what rank 0 announces next, for however long that takes. */
  async nextOrder(): Promise<unknown> {
    this.#orders += 1;
    return JSON.parse(await this.#take(`order/${this.#orders}`));
  }

  /** Tells all others why this rank ends; they end with the same error. @returns the error that all end with */
  fail(problem: RankProblem): void {
    this.#failed = true;
    try {
      this.#torch.failGroup(this.rank, JSON.stringify(problem));
    } catch {
      // The store is gone: nobody is there to be told.
    }
  }

  /** Ends the group, in whatever state. A rank whose store the others need until then waits a little for those who have come. */
  leave(order?: unknown): void {
    this.#part((rank) => this.#torch.hasKey(`life/${rank}`), LAST_WORDS, order);
  }

  #part(isAwaited: (rank: number) => boolean, seconds: number, order?: unknown): void {
    if (this.#left) return;
    this.#left = true;
    try {
      // An order would hide from those who wait for one why there is none.
      if (order !== undefined && !this.#failed) this.announce(order);
      this.#torch.setKey(leftKey(this.rank), '');
      const others = Array.from({ length: this.#hostsStore ? this.count : 0 }, (_, rank) => rank);
      const needsStore = (rank: number): boolean => !this.#torch.hasKey(leftKey(rank)) && isAwaited(rank);
      const until = performance.now() + seconds * 1000;
      while (performance.now() < until && others.some(needsStore)) sleep(LOOK);
    } catch {
      // The store is gone, and so is the group.
    }
    this.#torch.closeGroup();
  }

  /** The error that blames a rank, unless another was told of before: that which all end with. */
  blamed(rank: number, problem: RankProblem): RankError {
    this.#failed = true;
    try {
      this.#torch.failGroup(rank, JSON.stringify(problem));
      return postedError(this.#torch.getKey(FAILURE));
    } catch {
      // Nobody is there to be told.
    }
    return new RankError(rank, problem);
  }

  /** Also looks at the key once more: a rank may come and leave between two looks. */
  #hasLeftWithout(key: string, rank: number): boolean {
    return this.#guard(() => this.#torch.hasKey(leftKey(rank)) && !this.#torch.hasKey(key));
  }

  #set(key: string, said: unknown): void {
    this.#guard(() => setText(key, JSON.stringify(said), (part, value) => this.#torch.setKey(part, value)));
  }

  async #take(key: string, onWait: () => void = () => {}): Promise<string> {
    while (!this.#guard(() => this.#torch.hasKey(key))) {
      this.#guard(() => this.#torch.checkGroup());
      onWait();
      await pause(LOOK);
    }
    return this.#guard(() => getText(key, (part) => this.#torch.getKey(part)));
  }

  #guard<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      const known = rankErrorOf(error) ?? this.#heard();
      this.#failed = true;
      if (known !== undefined) throw known;
      // What the store itself refuses: the process that keeps it is gone.
      throw new RankError(0, { what: GONE, fix: SEE }, { cause: error });
    }
  }

  /** What was told of a rank while the store was there. */
  #heard(): RankError | undefined {
    try {
      this.#torch.checkGroup();
      return undefined;
    } catch (error) {
      return rankErrorOf(error);
    }
  }
}

const leftKey = (rank: number): string => `left/${rank}`;
/** Where the addon keeps what was told first. */
const FAILURE = 'failure';

/** Seconds that the store is kept for the others when the job ends. */
const LAST_WORDS = 5;
/** Seconds that a rank which does not join waits for somebody to tell. */
const LISTENED = 30;
const LATE = 'see what it prints; a longer limit is set with VLM_BENCH_TORCH_TIMEOUT, in seconds';
const SEE = 'see what it prints, then run the same command again: it goes on from the last checkpoint';
const LEFT = 'it has left while the others waited for it';
const GONE = 'it keeps what the ranks share, and has ended or does not answer';

const waiting = new Int32Array(new SharedArrayBuffer(4));
const sleep = (milliseconds: number): void => void Atomics.wait(waiting, 0, 0, milliseconds);

/** The error of the group that the addon threw, if it is one. */
export function rankErrorOf(error: unknown): RankError | undefined {
  if (error instanceof RankError) return error;
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'TORCH_GROUP') return undefined;
  return postedError(error.message, { cause: error });
}

/** @param posted the number of a rank, and from the next line on its problem */
function postedError(posted: string, options?: ErrorOptions): RankError {
  const [, rank = '0', text = ''] = /^(\d+)\n([\s\S]*)$/.exec(posted) ?? [];
  return new RankError(Number(rank), problemIn(text), options);
}

/** A rank that fails posts its problem as JSON; whoever blames another, a text. */
function problemIn(text: string): RankProblem {
  if (!text.startsWith('{')) return { what: text.split('\n')[0]!, fix: SEE };
  return JSON.parse(text) as RankProblem;
}

/** Ranks of one machine meet on its loopback; else the usual variable of Gloo names an interface. */
function networkOf(host: string): string {
  const { GLOO_SOCKET_IFNAME: interfaceName = '' } = process.env;
  if (interfaceName !== '') return interfaceName;
  return /^(?:localhost|127\.\d+\.\d+\.\d+)$/.test(host) ? 'host:127.0.0.1' : '';
}

function unreachable({ host, port, hostsStore }: RankPlace, cause: unknown): RankError {
  const where = `${host}:${port}`;
  const reason = cause instanceof Error ? cause.message.split('\n')[0]!.slice(0, 200) : String(cause);
  const what = hostsStore
    ? `it cannot keep the store of the ranks: ${reason}`
    : `it keeps the store of the ranks, and cannot be reached: ${reason}`;
  return new RankError(
    0,
    {
      what,
      where,
      fix: 'check MASTER_ADDR and MASTER_PORT: a free port of the machine of rank 0, which all can reach',
    },
    { cause },
  );
}
