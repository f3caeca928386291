/**
 * The Handlebars environment of the reports: isolated from the global one, strict (a missing field is an error) and
 * escaping. `{{text value}}` prints untrusted text isolated in `<bdi>` and cut where it is too long.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Handlebars from 'handlebars';
import { cutNote, cutText, escapeMarkup, printableText, singleLineText, TEXT_LIMIT } from './untrusted-text.js';

const PARTIALS = [
  'arm-key',
  'caveats',
  'chart',
  'compute',
  'curves',
  'examples',
  'hypothesis',
  'masks',
  'pairs',
  'provenance',
  'recipe',
  'reproduce',
  'runs',
  'secondary',
  'signatures',
  'verdict',
] as const;

/** Reads a file of `reports/templates`, from the sources and from the installed package alike. */
export function readTemplateAsset(name: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`#package/reports/templates/${name}`), 'utf8');
}

/** @returns a function from a page's context to its HTML. Throws if the context lacks a field that the page prints. */
export function compilePage(name: string): (context: object) => string {
  const handlebars = Handlebars.create();
  handlebars.registerHelper('text', (value: unknown, options: Handlebars.HelperOptions) => {
    const limit: unknown = options.hash.limit;
    return new Handlebars.SafeString(isolatedText(String(value), typeof limit === 'number' ? limit : TEXT_LIMIT));
  });
  handlebars.registerHelper('isControl', (role: unknown) => role === 'control');
  handlebars.registerHelper('position', (index: unknown) => Number(index) + 1);
  handlebars.registerHelper('line', (value: unknown) => singleLineText(String(value), 200));
  for (const partial of PARTIALS)
    handlebars.registerPartial(partial, handlebars.compile(readTemplateAsset(`${partial}.hbs`), { strict: true }));
  return handlebars.compile(readTemplateAsset(`${name}.hbs`), { strict: true });
}

function isolatedText(text: string, limit: number): string {
  const { shown, omitted } = cutText(text, limit);
  const isolated = `<bdi>${escapeMarkup(printableText(shown))}</bdi>`;
  return omitted > 0 ? `${isolated}<span class="cut">${escapeMarkup(cutNote(omitted))}</span>` : isolated;
}
