/** A badge on a page of the site, with the Markdown that embeds it elsewhere. */
import { singleLineText } from '../untrusted-text.js';
import { hrefFrom } from './site-page.js';
import type { PageFrame } from './site-views.js';

export function badgeOf(
  frame: PageFrame,
  { badge, page, name }: { readonly badge: string; readonly page: string; readonly name: string },
) {
  const site = frame.baseUrl === '' ? 'https://example.org/site/' : frame.baseUrl;
  const alternative = singleLineText(name, 120);
  const markdown = alternative.replace(/[\\[\]()<>`*_]/g, (mark) => `\\${mark}`);
  return { href: hrefFrom(frame, badge), alternative, markup: `[![${markdown}](${site}${badge})](${site}${page})` };
}
