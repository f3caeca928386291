/**
 * Which addresses a page may hold: relative paths to records, `https:` and `http:` sources, and PNG or JPEG images as data.
 * Everything else is shown as text, so that no record can make a page run, fetch or open something else.
 */

const PATH = /^[\p{L}\p{M}\p{N} ._~+@,()/-]+$/u;
const RECORD_FILE = /(?:^|\/)runs\/[^/]+\/[^/]+$/;

/**
 * A path to a raw record, percent-encoded for `href`. A path may climb out of the page's folder only at its start, and only
 * to a file of a run (`../runs/<run-id>/<file>`): reports lie beside the store that holds their runs.
 * @returns undefined if `path` is anything else
 */
export function safeRecordLink(path: string): string | undefined {
  if (path.length > 1024 || !PATH.test(path)) return undefined;
  const below = path.replace(/^(?:\.\.\/)+/, '');
  const segments = below.split('/');
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) return undefined;
  if (below !== path && !RECORD_FILE.test(below)) return undefined;
  return path.split('/').map(encodeURIComponent).join('/');
}

/**
 * A path to another page below this one, percent-encoded for `href`: `finding-1/index.html`.
 * @returns undefined if `path` is anything else
 */
export function safePageLink(path: string): string | undefined {
  return path.startsWith('.') ? undefined : safeRecordLink(path);
}

/** @returns the normalised address of a web page, otherwise undefined. */
export function safeWebAddress(url: string): string | undefined {
  if (url.length > 2048 || !URL.canParse(url)) return undefined;
  const address = new URL(url);
  const web = address.protocol === 'https:' || address.protocol === 'http:';
  return web && address.username === '' && address.password === '' ? address.href : undefined;
}

/** @returns `url` if it holds a PNG or JPEG as base64 data, otherwise undefined. */
export function safeImageData(url: string): string | undefined {
  return /^data:image\/(?:png|jpeg);base64,[A-Za-z0-9+/]+={0,2}$/.test(url) ? url : undefined;
}
