/**
 * Attention masks as what is added to the scores. All layers of a pass share a mask, so the last few are kept, and made again after that;
 * whoever drops out is freed.
 */
import {
  type AttentionMask,
  denseValues,
  isPlainlyCausal,
  maskedSources,
  type SegmentMask,
} from '../../ops/attention-mask.js';
import { type Handle, type TorchAddon, TorchType } from './addon.js';
import type { TorchBackend } from './backend.js';

interface Kept {
  readonly bias: Handle;
  readonly batch: number;
  readonly targets: number;
}

/** How attention is told its mask. */
interface ToldMask {
  /** Handle 0 where nothing is added. */
  readonly bias: Handle;
  readonly sources: number;
  readonly isCausal: boolean;
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
  readonly #plainlyCausal = new WeakMap<AttentionMask, boolean>();

  /** @returns a bias that belongs to the caller where the mask is dense */
  of(mask: AttentionMask, { batch, targets, places }: AttentionShape, backend: TorchBackend, like: Handle): ToldMask {
    const { torch } = backend;
    const sources = maskedSources(mask, batch, places);
    const told = { sources, isCausal: false };
    if (mask.kind === 'everywhere') return { ...told, bias: 0 };
    if (mask.kind === 'dense') return { ...told, bias: torch.attentionBias(backend.handleOf(mask.allowed), like) };
    if (backend.flagsCausalMasks && mask.kind === 'segments' && this.#isPlainlyCausal(mask, batch)) {
      return { sources, bias: 0, isCausal: true };
    }
    const known = this.#kept.get(mask);
    if (known !== undefined && known.batch === batch && known.targets === targets) return { ...told, bias: known.bias };
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
    return { ...told, bias };
  }

  #isPlainlyCausal(mask: SegmentMask, batch: number): boolean {
    const known = this.#plainlyCausal.get(mask) ?? isPlainlyCausal(mask, batch);
    this.#plainlyCausal.set(mask, known);
    return known;
  }

  #drop(mask: AttentionMask, { bias }: Kept, torch: TorchAddon): void {
    torch.free(bias);
    this.#kept.delete(mask);
  }
}
