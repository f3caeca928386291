/**
 * Gradients over all ranks on libtorch. In the last backward pass of a step the addon sums them bucket by bucket as they come to exist, on
 * threads that no JavaScript runs on; what is said here is only which pass that is, and which parameters get gradients more than once in it.
 */
import type { Handle, TorchAddon } from '../engines/torch/addon.js';
import { rankErrorOf } from '../engines/torch/torch-ranks.js';
import type { TorchParameter } from './torch-optimizer.js';

/** Large enough that a network is busy with it, small enough that the first one is full early. */
const BUCKET_BYTES = 4 * 2 ** 20;

export class GradientReduction {
  readonly #torch: TorchAddon;
  readonly #bucketBytes: number;
  #positions: ReadonlyMap<string, number> = new Map();
  #uses = new Map<string, number>();

  constructor(torch: TorchAddon, bucketBytes: number = BUCKET_BYTES) {
    this.#torch = torch;
    this.#bucketBytes = bucketBytes;
  }

  /** Says what learns from here on, the same on every rank; where a rank updates shares, it gets the gradients of those. */
  watch(parameters: readonly TorchParameter[]): void {
    this.#positions = new Map(parameters.map(({ name }, position) => [name, position]));
    const handles = parameters.map(({ handle }) => handle);
    const shares = parameters.flatMap(({ share }) => share ?? []);
    this.#torch.watchGradients(handles, shares, this.#bucketBytes);
  }

  beginPass(): void {
    this.#uses = new Map();
  }

  /** Says that the forward pass at hand uses a parameter. */
  noteUse(name: string): void {
    this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
  }

  /**
   * Before the last backward pass of a step.
   * @param isDivided whether libtorch goes backwards through the model in several calls: then every use of a parameter may add to its
   * gradient on its own, while within one call all uses are added up first
   */
  arm(isDivided: boolean): void {
    if (this.#positions.size === 0) return;
    const late = [...this.#uses].flatMap(([name, uses]) => (isDivided && uses > 1 ? [this.#positions.get(name)!] : []));
    this.#torch.armReduction(late);
  }

  /**
   * Makes the sums over all ranks the gradients of the parameters, or of this rank's shares.
   * @param losses of the micro-batches of this rank, which are freed @returns their sum over all ranks, []
   */
  finish(losses: readonly Handle[]): Handle {
    const torch = this.#torch;
    const own = losses.reduce(
      (sum, loss) => {
        const total = torch.add(sum, loss);
        torch.free(sum);
        torch.free(loss);
        return total;
      },
      torch.full([], 0, 0),
    );
    try {
      return this.#positions.size === 0 ? this.#sumAlone(own) : torch.finishReduction(own);
    } catch (error) {
      throw rankErrorOf(error) ?? error;
    } finally {
      torch.free(own);
    }
  }

  /** Where nothing learns there are losses still. */
  #sumAlone(own: Handle): Handle {
    const total = this.#torch.reshape(own, [1]);
    this.#torch.sumOverRanks(total);
    const scalar = this.#torch.reshape(total, []);
    this.#torch.free(total);
    return scalar;
  }

  stop(): void {
    this.#torch.watchGradients([], [], 0);
    this.#positions = new Map();
  }
}
