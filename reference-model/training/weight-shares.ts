/**
 * The share of every parameter that one of several ranks updates (ZeRO stage 1: Rajbhandari et al. 2020, arXiv 1910.02054, §5.1). In
 * float32 it lies in the parameter itself. In 16 bits it is a float32 master of its own, and the parameter has 16 bits, which is all that
 * forward and backward pass use.
 */
import { type Handle, type TorchAddon, TorchType } from '../engines/torch/addon.js';
import type { DividedTensor, DividedTensors } from './divided-tensors.js';

export class WeightShares {
  readonly #torch: TorchAddon;
  readonly #areMasters: boolean;
  #shares = new Map<string, DividedTensor>();

  /** @param areMasters whether parameters have 16 bits */
  constructor(torch: TorchAddon, areMasters: boolean) {
    this.#torch = torch;
    this.#areMasters = areMasters;
  }

  /** What is to be saved in place of parameters. */
  masters(): DividedTensors {
    return this.#areMasters ? this.#shares : new Map();
  }

  /** Frees the shares of all parameters but those that learn on; a master that does goes on with its bits. */
  keep(learning: ReadonlySet<string>): void {
    for (const [name, { share }] of this.#shares) {
      if (this.#areMasters && learning.has(name)) continue;
      this.#torch.free(share);
      this.#shares.delete(name);
    }
  }

  /** @param parameter as it was last, before it is cast to 16 bits */
  of(name: string, parameter: Handle, shape: readonly number[]): Handle {
    const known = this.#shares.get(name);
    if (known !== undefined) return known.share;
    const share = this.#areMasters ? this.#torch.masterShareOf(parameter) : this.#torch.shareOf(parameter);
    this.#shares.set(name, { share, shape });
    return share;
  }

  /** A master of all ranks' shares, which all of them ask for; the caller frees it. */
  whole(name: string): Handle {
    const { share, shape } = this.#shares.get(name)!;
    const whole = this.#torch.full(shape, 0, TorchType.float32);
    this.#torch.gatherShares([whole], [share]);
    return whole;
  }

  clear(): void {
    for (const { share } of this.#shares.values()) this.#torch.free(share);
    this.#shares = new Map();
  }
}
