/**
 * Attention masks as what is added to the scores. All layers of a pass share a mask, so the last few are kept, and made again after that;
 * whoever drops out is freed.
 */
import { type AttentionMask, denseValues, maskedSources } from '../../ops/attention-mask.js';
import { type Handle, type TorchAddon, TorchType } from './addon.js';
import type { TorchBackend } from './backend.js';

interface Kept {
  readonly bias: Handle;
  readonly batch: number;
  readonly targets: number;
}

interface AttentionShape {
  readonly batch: number;
  readonly targets: number;
  /** Places that keys lie in, of which the mask may speak of the first only. */
  readonly places: number;
}

/** Masks of a pass, of the one before, and of a validation in between. */
const MOST = 4;

export class AttentionBiases {
  /** The oldest first. */
  readonly #kept = new Map<AttentionMask, Kept>();

  /** @returns handle 0 where every query sees every source; that of a dense mask belongs to the caller */
  of(
    mask: AttentionMask,
    { batch, targets, places }: AttentionShape,
    backend: TorchBackend,
    like: Handle,
  ): { readonly bias: Handle; readonly sources: number } {
    const { torch } = backend;
    const sources = maskedSources(mask, batch, places);
    if (mask.kind === 'everywhere') return { bias: 0, sources };
    if (mask.kind === 'dense') return { bias: torch.attentionBias(backend.handleOf(mask.allowed), like), sources };
    const known = this.#kept.get(mask);
    if (known !== undefined && known.batch === batch && known.targets === targets) return { bias: known.bias, sources };
    if (known !== undefined) this.#drop(mask, known, torch);
    const allowed = torch.upload(
      denseValues(mask, { batch, targets, sources }),
      [batch, targets, sources],
      TorchType.bool,
    );
    const bias = torch.attentionBias(allowed, like);
    torch.free(allowed);
    this.#kept.set(mask, { bias, batch, targets });
    for (const [oldest, kept] of this.#kept) {
      if (this.#kept.size <= MOST) break;
      this.#drop(oldest, kept, torch);
    }
    return { bias, sources };
  }

  #drop(mask: AttentionMask, { bias }: Kept, torch: TorchAddon): void {
    torch.free(bias);
    this.#kept.delete(mask);
  }
}
