/** The part of references that belongs to a split. */
import { UserError } from '../errors.js';

/** @throws UserError `data-invalid` naming the splits that the file has */
export function selectSplit<Reference extends { readonly split?: string }>(
  references: readonly Reference[],
  split: string | undefined,
  file: string,
): readonly Reference[] {
  if (split === undefined) return references;
  const selected = references.filter((reference) => reference.split === split);
  if (selected.length > 0) return selected;
  const splits = [...new Set(references.flatMap((one) => (one.split === undefined ? [] : [one.split])))].sort();
  throw new UserError({
    code: 'data-invalid',
    what: `there is no split ${JSON.stringify(split)}`,
    where: file,
    expected: splits.length === 0 ? 'no split: the file does not name any' : `one of ${splits.join(', ')}`,
    fix: splits.length === 0 ? 'leave --split out' : 'name one of these',
  });
}
