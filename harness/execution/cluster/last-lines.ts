/** The end of a text file, however long it is. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const shown = 8;
const read = 16_384;

/** @returns the last lines that are not blank; none of a file that cannot be read */
export function lastLines(file: string): readonly string[] {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, read));
    const length = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return endOf(bytes.subarray(0, length).toString('utf8'));
  } finally {
    closeSync(descriptor);
  }
}

export function endOf(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-shown);
}
