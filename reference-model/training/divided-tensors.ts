/**
 * Tensors that are divided among ranks: equally, in the order of their elements; the last shares may be shorter, or empty. Rank 0 writes
 * them a part at a time, so that no rank ever holds one whole: it says which one it comes to, and every rank sends its share of that.
 */
import type { TensorSource } from '../checkpoint/tensor-file.js';
import { type Handle, type TorchAddon, TorchType } from '../engines/torch/addon.js';
import { rankErrorOf } from '../engines/torch/torch-ranks.js';
import type { Ranks } from '../ranks/ranks.js';

export interface DividedTensor {
  /** Of this rank, float32, [elements]. */
  readonly share: Handle;
  /** Of the whole. */
  readonly shape: readonly number[];
}

/** By name, in an order that is the same on every rank. */
export type DividedTensors = ReadonlyMap<string, DividedTensor>;

/** Elements that are sent at once: 4 MiB. */
const PART = 2 ** 20;

/** First element of a rank's share and the one behind its last. */
function shareRange(
  shape: readonly number[],
  { rank, count }: Pick<Ranks, 'rank' | 'count'>,
): { readonly begin: number; readonly end: number } {
  const elements = shape.reduce((product, length) => product * length, 1);
  const length = Math.ceil(elements / count);
  const begin = Math.min(rank * length, elements);
  return { begin, end: Math.min(begin + length, elements) };
}

/** The part of a stored tensor that is this rank's share. */
export function readShare({ shape, read, readRange }: TensorSource, ranks: Ranks): Float32Array {
  const { begin, end } = shareRange(shape, ranks);
  return (readRange?.(begin, end) ?? read().subarray(begin, end)) as Float32Array;
}

export class DividedSave {
  readonly #torch: TorchAddon;
  readonly #ranks: Ranks;
  readonly #tensors: () => DividedTensors;

  /** @param tensors all that may be saved, the same names on every rank */
  constructor(torch: TorchAddon, ranks: Ranks, tensors: () => DividedTensors) {
    this.#torch = torch;
    this.#ranks = ranks;
    this.#tensors = tensors;
  }

  /** On rank 0, while the others attend: a whole tensor, of which they send their shares as it is read. */
  source(name: string): TensorSource {
    const { shape } = this.#tensors().get(name)!;
    const parts = () => this.#parts(name);
    const read = (): Float32Array => {
      const values = new Float32Array(shareRange(shape, { rank: 0, count: 1 }).end);
      let at = 0;
      for (const part of parts()) {
        values.set(part, at);
        at += part.length;
      }
      return values;
    };
    return { dtype: 'F32', shape, read, parts };
  }

  *#parts(name: string): Generator<Float32Array, void, undefined> {
    const tensors = this.#tensors();
    this.#ranks.sum([[...tensors.keys()].indexOf(name) + 1]);
    yield* this.#partsOf(tensors.get(name)!);
  }

  /** On rank 0 ends what it has read; on the others sends shares until then. */
  attend(): void {
    if (this.#ranks.rank === 0) {
      this.#ranks.sum([0]);
      return;
    }
    const tensors = [...this.#tensors().values()];
    for (;;) {
      // Rank 0 alone adds a number that is not 0.
      const [number = 0] = this.#ranks.sum([0]);
      if (number === 0) return;
      for (const _ of this.#partsOf(tensors[number - 1]!));
    }
  }

  /** The parts of a whole tensor in their order; on ranks but the first they are sent only. */
  *#partsOf({ share, shape }: DividedTensor): Generator<Float32Array, void, undefined> {
    const torch = this.#torch;
    const { rank: own, count } = this.#ranks;
    for (let rank = 0; rank < count; rank++) {
      const { begin, end } = shareRange(shape, { rank, count });
      for (let at = 0; at < end - begin; at += PART) {
        const length = Math.min(PART, end - begin - at);
        if (rank === 0 && own !== 0) continue;
        const part = rank === own ? torch.slice(share, [at], [length]) : torch.full([length], 0, TorchType.float32);
        try {
          if (rank !== 0) torch.broadcastOverRanks(part, rank);
          if (own === 0) yield torch.download(part) as Float32Array;
        } catch (error) {
          throw rankErrorOf(error) ?? error;
        } finally {
          torch.free(part);
        }
      }
    }
  }
}
