/**
 * The Handlebars environment of the pages: isolated from the global one, strict (a missing field is an error) and escaping.
 * `{{text value}}` prints untrusted text isolated in `<bdi>` and cut where it is too long; `{{line value}}` is for attributes.
 * `{{sentence value}}` is `text`, and `{{unbroken value}}` plain, with statistics such as `p = .03` kept on one line.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import Handlebars from 'handlebars';
import { cutNote, cutText, escapeMarkup, printableText, singleLineText, TEXT_LIMIT } from './untrusted-text.js';
import { unbroken } from './wording.js';

/** Partials that every page may use, in `reports/templates`. */
const SHARED_PARTIALS = ['arm-key', 'chart', 'verdict-chip'].map((name) => `templates/${name}`);

/** Markers of the keys, around (17, 7). */
const MARKER_PATHS: Readonly<Record<string, string>> = {
  disc: 'M12.5 7a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z',
  square: 'M12.5 2.5h9v9h-9z',
  triangle: 'M12 11.5L17 2L22 11.5z',
  diamond: 'M17 1.5L22.5 7L17 12.5L11.5 7z',
};

const assets = new Map<string, string>();

/** Reads a file of `reports/`, from the sources and from the installed package alike; each file once per process. */
export function readReportAsset(path: string): string {
  const known = assets.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(createRequire(import.meta.url).resolve(`#package/reports/${path}`), 'utf8');
  assets.set(path, text);
  return text;
}

/**
 * @param path the template below `reports/`, without `.hbs`: `templates/finding`
 * @param partials further templates, as paths of the same kind; a page includes them by their file name
 * @param document file beside the page that holds every text in full, named where one is cut
 * @returns a function from a context to markup. It throws if the context lacks a field that the template prints.
 */
export function compilePage(
  path: string,
  partials: readonly string[] = [],
  { document = '' }: { readonly document?: string } = {},
): (context: object) => string {
  const handlebars = Handlebars.create();
  const isolated = (value: unknown, { hash: { limit } }: Handlebars.HelperOptions): string =>
    isolatedText(String(value), typeof limit === 'number' ? limit : TEXT_LIMIT, document);
  handlebars.registerHelper(
    'text',
    (value: unknown, options: Handlebars.HelperOptions) => new Handlebars.SafeString(isolated(value, options)),
  );
  handlebars.registerHelper(
    'sentence',
    (value: unknown, options: Handlebars.HelperOptions) =>
      new Handlebars.SafeString(isolated(unbroken(String(value)), options)),
  );
  handlebars.registerHelper('unbroken', (value: unknown) => unbroken(String(value)));
  handlebars.registerHelper('markerPath', (marker: unknown) => MARKER_PATHS[String(marker)] ?? MARKER_PATHS.disc);
  handlebars.registerHelper('position', (index: unknown) => Number(index) + 1);
  handlebars.registerHelper('line', (value: unknown) => singleLineText(String(value), 200));
  for (const partial of [...SHARED_PARTIALS, ...partials])
    handlebars.registerPartial(
      basename(partial),
      handlebars.compile(readReportAsset(`${partial}.hbs`), { strict: true }),
    );
  return handlebars.compile(readReportAsset(`${path}.hbs`), { strict: true });
}

function isolatedText(text: string, limit: number, document: string): string {
  const { shown, omitted } = cutText(text, limit);
  const isolated = `<bdi>${escapeMarkup(printableText(shown))}</bdi>`;
  return omitted > 0 ? `${isolated}<span class="cut">${escapeMarkup(cutNote(omitted, document))}</span>` : isolated;
}
