/** Decides which parts of a site are rendered anew and notes what each consists of; at the end, what no part claims is removed. */
import type { SiteFolder } from './site-folder.js';
import { MANIFEST, type SiteManifest, type SiteUnit, writeManifest } from './site-manifest.js';

export interface SiteUnits {
  /** The facts of an earlier publish about the unit, whatever its key. */
  earlier(id: string): unknown;
  /** Keeps the unit as it is if it was made with the same key and all its files are there; false if it has to be rendered. */
  keep(id: string, key: string): boolean;
  /** Begins a unit that is rendered anew. */
  begin(id: string, key: string, facts?: unknown): UnitWriter;
  finish(): SiteOutcome;
}

export interface UnitWriter {
  write(path: string, content: string | Uint8Array): void;
  /** A file whose name is the hash of its content: one that is there already is right. */
  writeOnce(path: string, content: Uint8Array): void;
}

export interface SiteOutcome {
  readonly rendered: number;
  readonly kept: number;
  readonly removedFiles: number;
}

export function createSiteUnits(folder: SiteFolder, earlier: SiteManifest, renderer: string): SiteUnits {
  const usable = earlier.renderer === renderer ? earlier.units : {};
  const units = new Map<string, SiteUnit>();
  let rendered = 0;
  return {
    earlier: (id) => usable[id]?.facts,
    keep: (id, key) => {
      const unit = usable[id];
      if (unit === undefined || unit.key !== key) return false;
      for (const [path, bytes] of Object.entries(unit.files)) if (folder.size(path) !== bytes) return false;
      units.set(id, unit);
      return true;
    },
    begin: (id, key, facts) => {
      const files: Record<string, number> = {};
      units.set(id, { key, files, ...(facts === undefined ? {} : { facts }) });
      rendered += 1;
      return {
        write: (path, content) => {
          folder.write(path, content);
          files[path] = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
        },
        writeOnce: (path, content) => {
          if (!folder.owned.has(path) || folder.size(path) !== content.length) folder.write(path, content);
          files[path] = content.length;
        },
      };
    },
    finish: () => {
      const current = new Set([...units.values()].flatMap(({ files }) => Object.keys(files)));
      const stale = [...folder.owned].filter((path) => path !== MANIFEST && !current.has(path));
      folder.note(stale);
      writeManifest(folder.root, { renderer, units: Object.fromEntries(units) });
      for (const path of stale) folder.remove(path);
      folder.finish();
      return { rendered, kept: units.size - rendered, removedFiles: stale.length };
    },
  };
}
