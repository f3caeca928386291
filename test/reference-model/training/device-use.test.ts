import { expect, test } from 'vitest';
import { deviceUse } from '../../../reference-model/training/device-use.js';

const gpu = (name: string) => ({
  torch: { deviceName: () => name, deviceMemory: () => [1e9, 3e9] },
  precision: 'bfloat16' as const,
});

test('a step tells its share of the peak of the device, and the peak of its memory', () => {
  // 989.4 TFLOP/s dense in bfloat16 by the maker’s data sheet: half of what two seconds would have allowed.
  expect(deviceUse(989.4e12, 2, gpu('NVIDIA H200'))).toEqual({ utilisation: 0.5, peakMemoryBytes: 3e9 });
});

test('of a device whose peak is not known it tells the memory alone', () => {
  expect(deviceUse(1e12, 1, gpu('NVIDIA T1000'))).toEqual({ peakMemoryBytes: 3e9 });
});

test('on the CPU the memory is that of the process', () => {
  const cpu = { torch: { deviceName: () => 'cpu', deviceMemory: () => [] }, precision: 'float32' as const };
  const use = deviceUse(1e12, 1, cpu)!;
  expect(use.utilisation).toBeUndefined();
  expect(use.peakMemoryBytes).toBeGreaterThan(2 ** 20);
  expect(use.peakMemoryBytes).toBeLessThanOrEqual(process.resourceUsage().maxRSS * 1024);
});

test('other engines have no device to tell of', () => {
  expect(deviceUse(1e12, 1)).toBeUndefined();
});
