import { expect, test } from 'vitest';
import { progressText } from '../../harness/commands/data-progress.js';

test('progress tells the rate and the time left', () => {
  expect(progressText('images', { done: 1200, total: 5000, seconds: 5 })).toBe(
    '1200/5000 images, 240 a second, 16 s left',
  );
  expect(progressText('images', { done: 10, total: 10_000, seconds: 4 })).toBe(
    '10/10000 images, 2.5 a second, 67 min left',
  );
  expect(progressText('images', { done: 0, total: 10, seconds: 1 })).toBe('0/10 images');
});
