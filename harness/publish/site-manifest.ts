/**
 * `site-manifest.json`: which files of a site publish wrote, from which inputs, so that the next publish renders only what changed and
 * removes only what is its own. It holds no time and no path outside the site: equal inputs give an equal manifest.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';
import { parseJson, readText } from '../files/read-input.js';
import { isSitePath } from './site-folder.js';

export const MANIFEST = 'site-manifest.json';

/** A part of the site that is rendered as a whole: a run, a finding, a comparison, a set of images, or the pages over all of them. */
export interface SiteUnit {
  /** Hash of everything that its files are made of. */
  readonly key: string;
  /** Path → bytes. */
  readonly files: Readonly<Record<string, number>>;
  /** What the pages over all units show of this one; plain JSON. */
  readonly facts?: unknown;
}

export interface SiteManifest {
  /** Hash of the code and templates that rendered the site; another one renders everything anew. */
  readonly renderer: string;
  readonly units: Readonly<Record<string, SiteUnit>>;
}

const path = z.string().refine(isSitePath);
const unit = z.strictObject({ key: z.string(), files: z.record(path, z.int()), facts: z.unknown().optional() });
const manifestSchema = z.strictObject({
  schemaVersion: z.literal(1),
  renderer: z.string(),
  units: z.record(z.string(), unit),
});

const emptyManifest: SiteManifest = { renderer: '', units: {} };

/**
 * The manifest of an earlier publish; empty when there is none.
 * @throws UserError `site-refused` when it was changed by another hand
 */
export function readManifest(root: string): SiteManifest {
  const file = join(root, MANIFEST);
  if (!existsSync(file)) return emptyManifest;
  try {
    const [checksum, text = ''] = splitChecksum(readText(file));
    if (sha256(text) === checksum) return manifestSchema.parse(parseJson(text, file)) as SiteManifest;
  } catch {
    // Not JSON, or not of this shape: the one error below says all that matters.
  }
  throw new UserError({
    code: 'site-refused',
    what: 'the manifest of the site is damaged: its content does not match its checksum',
    where: file,
    fix: 'delete the folder of the site, or name another, and publish again',
  });
}

export function writeManifest(root: string, { renderer, units }: SiteManifest): void {
  const sorted = Object.fromEntries(Object.entries(units).sort(([left], [right]) => (left < right ? -1 : 1)));
  const text = JSON.stringify({ schemaVersion: 1, renderer, units: sorted });
  writeFileAtomically(join(root, MANIFEST), `{"checksum":"${sha256(text)}","manifest":${text}}\n`);
}

function splitChecksum(content: string): readonly (string | undefined)[] {
  return /^\{"checksum":"([0-9a-f]{64})","manifest":(.*)\}\n$/s.exec(content)?.slice(1) ?? [];
}
