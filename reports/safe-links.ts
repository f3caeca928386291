/**
 * Which addresses a page may hold: relative paths below its own folder, `https:` and `http:` sources, and PNG or JPEG images as data.
 * Everything else is shown as text, so that no record can make a page run, fetch or open something else.
 */

/** @returns `href` if it is a plain relative path that stays below the page's folder, otherwise undefined. */
export function safeRelativePath(href: string): string | undefined {
  if (href.length > 1024 || !/^[A-Za-z0-9._~+@,/#-]+$/.test(href)) return undefined;
  const [path = ''] = href.split('#');
  const segments = path.split('/');
  if (href.startsWith('/') || segments.some((segment) => segment === '..' || segment === '')) return undefined;
  return href;
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
