/**
 * What a step says of the device that computed it: the share of its peak that the model's operations took (model FLOP utilisation, Chowdhery
 * et al. 2022, arXiv 2204.02311, appendix B), and its memory. Of the engines, `torch` alone has a device to tell of.
 */
import { activeTorch } from '../engines/torch/engine.js';
import { peakFlops } from '../engines/torch/peak-flops.js';
import type { TorchPrecision } from '../engines/torch/settings.js';

export interface DeviceUse {
  /** Operations of the model, as plans count them, over those that the device could do meanwhile; absent for a device that is not known. */
  readonly utilisation?: number;
  /** At the peak so far: of tensors on a GPU, of the whole process on the CPU. */
  readonly peakMemoryBytes: number;
}

interface Device {
  readonly torch: { deviceName(): string; deviceMemory(reset: boolean): number[] };
  readonly precision: TorchPrecision;
}

function activeDevice(): Device | undefined {
  const active = activeTorch();
  return active && { torch: active.backend.torch, precision: active.settings.precision };
}

/** Forgets the peak of what the process trained before. */
export function resetDeviceUse(device = activeDevice()): void {
  device?.torch.deviceMemory(true);
}

/**
 * @param flops of the step, forward and backward, on one device: an equal share where several learn together
 * @param seconds that it took, with the data it waited for
 */
export function deviceUse(flops: number, seconds: number, device = activeDevice()): DeviceUse | undefined {
  if (device === undefined) return undefined;
  const { torch, precision } = device;
  const [, onGpu] = torch.deviceMemory(false);
  const peakMemoryBytes = onGpu ?? process.resourceUsage().maxRSS * 1024;
  const peak = peakFlops(torch.deviceName(), precision);
  return peak === undefined || seconds <= 0
    ? { peakMemoryBytes }
    : { utilisation: flops / (seconds * peak), peakMemoryBytes };
}
