/**
 * The broken images that a training does without. They are counted over the whole run: its data sets, its ranks, and its sessions before this
 * one, so that a run ends at the same image however it was divided or interrupted.
 */
import { type BrokenImage, tooManyBroken } from '../data/images/broken-images.js';
import type { Ranks } from '../ranks/ranks.js';

export interface LeftOutImage extends BrokenImage {
  /** Name of its data set. */
  readonly data: string;
}

export interface LeftOutOptions {
  /** Different ones that may be left out. */
  readonly allowed: number;
  /** Those of earlier sessions, up to the step that this one goes on from. */
  readonly before: readonly LeftOutImage[];
  readonly ranks: Ranks;
  /** Told each image once, on every rank. */
  readonly onLeftOut: (image: LeftOutImage) => void;
}

export class LeftOutImages {
  readonly #options: LeftOutOptions;
  readonly #images = new Map<string, LeftOutImage>();

  /** @throws InputError where earlier sessions left out more than is allowed now */
  constructor(options: LeftOutOptions) {
    this.#options = options;
    for (const image of options.before) this.#images.set(keyOf(image.data, image.imageId), image);
    if (options.before.length > 0) this.#requireAllowed([]);
  }

  has(data: string, imageId: string): boolean {
    return this.#images.has(keyOf(data, imageId));
  }

  /** In the order in which they were planned. */
  of(data: string): readonly LeftOutImage[] {
    return [...this.#images.values()].filter((image) => image.data === data);
  }

  /**
   * Counts those that ranks met in a step; all of them call it, at the same point.
   *
   * @param own of this rank
   * @param planned images of the step on all ranks, in its order
   * @throws InputError naming the images, on every rank the same, where more are broken than is allowed
   */
  async add(data: string, own: readonly BrokenImage[], planned: readonly string[]): Promise<void> {
    const { ranks, onLeftOut } = this.#options;
    const met = new Map((await ranks.exchange(own)).flat().map((image) => [image.imageId, image]));
    const added = [...new Set(planned)].flatMap((imageId): readonly LeftOutImage[] => {
      const image = met.get(imageId);
      return image === undefined || this.has(data, imageId) ? [] : [{ data, ...image }];
    });
    this.#requireAllowed(added);
    for (const image of added) {
      this.#images.set(keyOf(data, image.imageId), image);
      onLeftOut(image);
    }
  }

  #requireAllowed(added: readonly LeftOutImage[]): void {
    const { allowed } = this.#options;
    const all = [...this.#images.values(), ...added];
    if (all.length > allowed) throw tooManyBroken(all, { allowed, rule: `--allow-broken ${allowed}` });
  }
}

const keyOf = (data: string, imageId: string): string => JSON.stringify([data, imageId]);
