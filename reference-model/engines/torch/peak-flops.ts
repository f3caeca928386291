/**
 * The most floating-point operations a second that a GPU can do in a precision, by the makers' data sheets, dense: what model FLOP
 * utilisation (Chowdhery et al. 2022, arXiv 2204.02311, appendix B) is a share of.
 */
import type { TorchPrecision } from './settings.js';

type Peaks = Readonly<Record<TorchPrecision, number>>;

const TERA = 1e12;
const peaks = (float32: number, tf32: number, sixteenBits: number): Peaks => ({
  float32: float32 * TERA,
  tf32: tf32 * TERA,
  bfloat16: sixteenBits * TERA,
  float16: sixteenBits * TERA,
});

/** By what the driver calls the device; the first that fits. */
const DEVICES: readonly (readonly [RegExp, Peaks])[] = [
  [/H200|H100.*(SXM|HBM3)|GH200/, peaks(67, 494.7, 989.4)],
  [/H100.*NVL/, peaks(60, 417.5, 835.5)],
  [/H100/, peaks(51, 378, 756)],
  [/B200/, peaks(75, 1125, 2250)],
  [/A100/, peaks(19.5, 156, 312)],
  [/L40S/, peaks(91.6, 183, 362)],
  [/\bL4\b/, peaks(30.3, 60, 121)],
  [/A10G?\b/, peaks(31.2, 62.5, 125)],
];

/** @returns operations a second, or undefined for a device that is not known: then nothing is said of its utilisation */
export function peakFlops(device: string, precision: TorchPrecision): number | undefined {
  return DEVICES.find(([name]) => name.test(device))?.[1][precision];
}
