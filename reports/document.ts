/**
 * The frame of every page: head, masthead, footer, the shared style sheet and a Content-Security-Policy that admits only what the page
 * itself holds. A page is one self-contained file; it works from `file://`. Pure: equal options give equal bytes.
 */
import { createHash } from 'node:crypto';
import { compilePage, readReportAsset } from './templates.js';

export interface DocumentOptions {
  /** Untrusted text is fine here, in `tags` and in the title of a link; the other fields are the caller's own words and markup. */
  readonly title: string;
  /** What kind of page it is, beside the brand: "finding report". */
  readonly kind: string;
  readonly tags?: readonly { readonly label: string; readonly value: string }[];
  /** Relative address of the page that the brand leads to. */
  readonly home?: string;
  /** Stamps the page: a smoke run is no evidence. */
  readonly smoke?: boolean;
  /** The first link of the page: past the head, to the element with this id. */
  readonly skip: { readonly target: string; readonly label: string };
  /** Style sheet of this kind of page, added to the shared one. */
  readonly css?: string;
  /** Script of the page; its hash enters the policy. It must not hold `</script`. */
  readonly script?: string;
  /** Sources of images for the policy; by default images held as data only. */
  readonly imageSources?: readonly string[];
  /** Elements `<link>` of the head, for example an Atom feed (`rel: 'alternate'`). */
  readonly links?: readonly {
    readonly rel: string;
    readonly href: string;
    readonly type?: string;
    readonly title?: string;
  }[];
  /** Markup inside `<main>`. */
  readonly body: string;
  /** Markup inside `<footer>`. */
  readonly footer: string;
}

const SHARED_STYLES = ['tokens', 'base', 'components'] as const;

/** @returns the complete HTML document. */
export function renderDocument({
  title,
  kind,
  tags = [],
  home = '',
  smoke = false,
  skip,
  css = '',
  script = '',
  imageSources = ['data:'],
  links = [],
  body,
  footer,
}: DocumentOptions): string {
  const styles = SHARED_STYLES.map((name) => readReportAsset(`styles/${name}.css`)).join('') + css;
  documentTemplate ??= compilePage('templates/document');
  return documentTemplate({
    title,
    kind,
    tags,
    home,
    smoke,
    skip,
    css: styles,
    script,
    contentSecurityPolicy: contentSecurityPolicy(styles, script, imageSources),
    links: links.map((link) => ({ type: '', title: '', ...link })),
    body,
    footer,
  });
}

let documentTemplate: ((context: object) => string) | undefined;

function contentSecurityPolicy(css: string, script: string, imageSources: readonly string[]): string {
  return [
    "default-src 'none'",
    `img-src ${imageSources.join(' ')}`,
    `style-src '${sha256(css)}'`,
    ...(script === '' ? [] : [`script-src '${sha256(script)}'`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}
