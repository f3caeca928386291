import { expect, test } from 'vitest';
import { peakFlops } from '../../../../reference-model/engines/torch/peak-flops.js';

// By the makers' data sheets, without sparsity.
test.each([
  ['NVIDIA H200', 'bfloat16', 989.4e12],
  ['NVIDIA H100 80GB HBM3', 'float16', 989.4e12],
  ['NVIDIA H100 PCIe', 'bfloat16', 756e12],
  ['NVIDIA A100-SXM4-40GB', 'tf32', 156e12],
  ['NVIDIA L4', 'bfloat16', 121e12],
  ['NVIDIA L40S', 'bfloat16', 362e12],
] as const)('%s does at most so many operations in %s', (device, precision, expected) => {
  expect(peakFlops(device, precision)).toBe(expected);
});

test('nothing is said of a device that is not known', () => {
  expect(peakFlops('NVIDIA T1000', 'float32')).toBeUndefined();
});
