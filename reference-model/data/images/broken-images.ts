/** Images that cannot be read or decoded, and the one error that names them where there are more than is allowed. */
import { InputError } from '../../files/input-error.js';

export interface BrokenImage {
  readonly imageId: string;
  /** Path of the image. */
  readonly where: string;
  readonly problem: string;
}

/** Problems that the error names one by one. */
const SHOWN = 5;

/** @param broken in any order; the error is the same for all of them */
export function tooManyBroken(
  broken: readonly BrokenImage[],
  { allowed, rule }: { readonly allowed: number; readonly rule: string },
): InputError {
  const sorted = [...broken].sort((a, b) => (a.where < b.where ? -1 : a.where > b.where ? 1 : 0));
  const shown = sorted.slice(0, SHOWN).map(({ where, problem }) => `${where}: ${problem}`);
  const rest = broken.length - shown.length;
  return new InputError({
    code: 'data-invalid',
    what: `${broken.length} ${broken.length === 1 ? 'image is' : 'images are'} broken: ${shown.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`,
    where: sorted[0]!.where,
    expected: `at most ${allowed} (${rule})`,
    fix: 'fetch them again, leave them out (`exclude:` of a declaration), or allow for so many in training with --allow-broken',
  });
}
