/**
 * Asks for every answer that a log lacks, several at a time, and keeps each as it comes. Images are read when they are asked about.
 * Where the answerer turns out to be another version, what was answered by the earlier one does not count, and asking begins anew.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DataSource } from '../../reference-model/data/source.js';
import type { Answerer, AnswerRequest, AskedImage, Decoding, Outcome } from '../answerers/answerer.js';
import { imageDigest } from '../answerers/encoded-image.js';
import { UserError } from '../errors.js';
import { type AnswerLog, type AnswerLogs, answerKey } from './answer-log.js';
import type { Item } from './items.js';

export interface AskOptions {
  readonly benchmark: string;
  readonly decoding: Decoding;
  readonly answerer: Answerer;
  readonly logs: AnswerLogs;
  readonly data: Pick<DataSource, 'image' | 'placeOf'>;
  /** Ask also what is answered. */
  readonly refresh?: boolean;
  /** Which time the same is asked, from 0. */
  readonly repetition?: number;
  readonly stop?: AbortSignal;
  /** Told after every outcome: how many items are settled. */
  readonly onProgress?: (settled: number) => void;
}

export interface Asked {
  /** One for each item, in their order. */
  readonly outcomes: readonly Outcome[];
  /** How many were asked for now. */
  readonly asked: number;
}

/** An endpoint that keeps changing cannot be evaluated. */
const MOST_CHANGES = 3;

/** @throws UserError `run-failed` for an answerer that never stays the same; the reason of `stop` */
export async function askAll(items: readonly Item[], options: AskOptions): Promise<Asked> {
  const fresh = new Set<string>();
  for (let changes = 0; changes <= MOST_CHANGES; changes++) {
    const outcomes = await askOnce(items, fresh, options);
    if (outcomes !== undefined) return { outcomes, asked: fresh.size };
  }
  throw new UserError({
    code: 'run-failed',
    what: 'the model keeps changing while it is evaluated: it reports one version after another',
    where: options.answerer.identity.name,
    expected: 'one version for all answers',
    fix: 'name a fixed version of the model; what was answered is kept, and a version that comes back goes on where it stopped',
  });
}

/**
 * @param fresh keys that were asked since the evaluation began
 * @returns undefined where answers of several versions came together
 */
async function askOnce(
  items: readonly Item[],
  fresh: Set<string>,
  { benchmark, decoding, answerer, logs, data, refresh = false, repetition = 0, stop, onProgress }: AskOptions,
): Promise<readonly Outcome[] | undefined> {
  const outcomes: (Outcome | undefined)[] = items.map(() => undefined);
  const images = new ImageReader(data, items, answerer.inFlight * answerer.batchSize);
  /** Those that answers were taken from; a failure is nobody's answer. */
  const used = new Set<AnswerLog>();
  const isMixed = () => [...used].some((log) => log !== logs.current);
  let next = 0;
  let settled = 0;
  const settle = (index: number, outcome: Outcome, log: AnswerLog): void => {
    outcomes[index] = outcome;
    if (outcome.kind !== 'failed') used.add(log);
    settled++;
    onProgress?.(settled);
  };
  const work = async (): Promise<void> => {
    while (next < items.length && !isMixed()) {
      stop?.throwIfAborted();
      const batch: { readonly index: number; readonly key: string; readonly request: AnswerRequest }[] = [];
      while (batch.length < answerer.batchSize && next < items.length) {
        const index = next++;
        const { id, messages } = items[index]!;
        const request = { id, image: await images.read(index), messages, decoding };
        const key = answerKey(benchmark, request, repetition);
        const log = logs.current;
        const known = refresh && !fresh.has(key) ? undefined : log.get(key);
        if (known === undefined || known.kind === 'failed') batch.push({ index, key, request });
        else settle(index, known, log);
      }
      if (batch.length === 0) continue;
      const given = await answerer.answer(batch.map(({ request }) => request));
      batch.forEach(({ index, key, request }, position) => {
        fresh.add(key);
        settle(index, given[position]!, logs.append(key, request.id, given[position]!));
      });
    }
  };
  await settleAll(Array.from({ length: Math.max(1, Math.min(answerer.inFlight, items.length)) }, work));
  logs.settle();
  return isMixed() ? undefined : (outcomes as readonly Outcome[]);
}

/** Waits for all, so that nothing writes to a log that is closed, then throws what the first one threw. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** Images that are read before they are asked about: the disk is slower than a look into the log. */
const READ_AHEAD = 16;

/** Reads images for requests, a few ahead; questions about one image follow each other, and read it once. */
class ImageReader {
  private readonly data: AskOptions['data'];
  private readonly items: readonly Item[];
  /** Of images that are kept, the earliest first. */
  private readonly kept = new Map<string, Promise<AskedImage>>();
  private readonly most: number;

  /** @param inFlight items that may be asked at the same time */
  constructor(data: AskOptions['data'], items: readonly Item[], inFlight: number) {
    this.data = data;
    this.items = items;
    this.most = inFlight + READ_AHEAD;
  }

  /** Of an item, by its index. */
  read(index: number): Promise<AskedImage> {
    for (let ahead = index; ahead < Math.min(this.items.length, index + READ_AHEAD); ahead++) {
      const { imageId } = this.items[ahead]!;
      if (this.kept.has(imageId)) continue;
      const image = this.load(imageId);
      // One that cannot be read is told when it is asked about.
      image.catch(() => {});
      this.kept.set(imageId, image);
    }
    const { imageId } = this.items[index]!;
    const image = this.kept.get(imageId)!;
    for (const earliest of this.kept.keys()) {
      if (this.kept.size <= this.most) break;
      this.kept.delete(earliest);
    }
    return image;
  }

  private async load(imageId: string): Promise<AskedImage> {
    const stored = await this.data.image(imageId);
    const { data } = this;
    return {
      imageId,
      stored,
      sha256: imageDigest(stored),
      // Looked for where it is needed.
      get file() {
        return stored.kind === 'encoded' ? fileAt(data.placeOf(imageId), stored.bytes.length) : undefined;
      },
    };
  }
}

/** The path, if it is that of a file of its own; a member of a shard is none. */
function fileAt(place: string, bytes: number): string | undefined {
  const stats = statSync(place, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size === bytes ? resolve(place) : undefined;
}
