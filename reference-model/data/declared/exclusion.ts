/** Lists of images that a data set is used without: written once, read back whenever the data set is opened, part of its fingerprint. */
import { z } from 'zod';
import { sha256 } from '../../files/hashing.js';
import { InputError } from '../../files/input-error.js';
import { readJson } from '../../files/read-json.js';
import type { Exclusion } from './declaration.js';

const schema = z.strictObject({
  dataSet: z.string(),
  excluded: z.array(z.strictObject({ imageId: z.string(), because: z.string() })),
});
export type ExclusionList = z.infer<typeof schema>;

/** @throws InputError for what is no such list */
export function readExclusion(file: string): Exclusion {
  const parsed = schema.safeParse(readJson(file));
  if (parsed.success) return exclusionOf(parsed.data);
  const issue = parsed.error.issues[0]!;
  throw new InputError({
    code: 'data-invalid',
    what: `${issue.path.map(String).join('.') || 'the file'}: ${issue.message}`,
    where: file,
    expected: 'a list that `vlm-bench data verify --exclude-duplicates FILE` has written',
    fix: 'write it again',
  });
}

/** The order of the list does not matter. */
export function exclusionOf({ excluded }: Pick<ExclusionList, 'excluded'>): Exclusion {
  const ids = [...new Set(excluded.map(({ imageId }) => imageId))].sort();
  return { imageIds: new Set(ids), sha256: sha256(JSON.stringify(ids)) };
}
