/** What the pages of a site share: the frame with its script and style, addresses relative to the page, and texts cut to a length. */
import { renderDocument } from '../document.js';
import { formatCount, formatFixed, formatInterval } from '../numbers.js';
import { compilePage, readReportAsset } from '../templates.js';
import { cutText } from '../untrusted-text.js';
import type { PageFrame, RunRowView, ScoreView, SiteLink } from './site-views.js';

const PARTIALS = ['site-nav', 'board-table', 'run-table', 'pager', 'sample'].map((name) => `site/templates/${name}`);
const templates = new Map<string, (context: object) => string>();

export interface SitePage {
  /** Template in `site/templates`. */
  readonly template: string;
  readonly frame: PageFrame;
  readonly title: string;
  readonly kind: string;
  readonly smoke?: boolean;
  readonly skip: { readonly target: string; readonly label: string };
  readonly context: object;
}

/** @returns a whole page; its policy admits its own script and style by hash and images of the site and as data. */
export function renderSitePage({ template, frame, title, kind, smoke = false, skip, context }: SitePage): string {
  const { root, siteTitle } = frame;
  const compiled = templates.get(template) ?? compilePage(`site/templates/${template}`, PARTIALS);
  templates.set(template, compiled);
  return renderDocument({
    title: title === siteTitle ? title : `${title} · ${siteTitle}`,
    kind,
    home: `${root}index.html`,
    smoke,
    skip,
    css: readReportAsset('site/site.css'),
    script: readReportAsset('site/page-script.js'),
    imageSources: ["'self'", 'data:'],
    links: [{ rel: 'alternate', type: 'application/atom+xml', href: `${root}feed.xml`, title: siteTitle }],
    body: compiled({ root, ...context }),
    footer: `<p>Made by vlm-bench from the records of the runs alone. <a href="${root}index.json">index.json</a> holds the same results for programs.</p>`,
  });
}

/**
 * The address of a page of the site, seen from a page of it.
 * @throws TypeError for anything but a path that the harness derived: a mistake of ours, never of a record
 */
export function hrefFrom({ root }: PageFrame, path: string): string {
  if (!/^(?:[a-z0-9][a-z0-9_-]*\/)*[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9]+)+(?:#[a-z0-9-]+)?$/.test(path)) {
    throw new TypeError(`"${path}" is not a path of the site`);
  }
  return root + path;
}

export function linkFrom(frame: PageFrame, { label, path }: SiteLink) {
  return { label, href: hrefFrom(frame, path) };
}

/** Untrusted text cut to `limit` code points, with a word on where the rest is. */
export function shownText(text: string, limit: number): string {
  const { shown, omitted } = cutText(text, limit);
  return omitted > 0 ? `${shown}… (${formatCount(omitted)} more characters in the record)` : shown;
}

export function scoreTexts({ value, interval }: ScoreView, decimals: number) {
  return {
    score: formatFixed(value, decimals),
    interval: interval === undefined ? '' : formatInterval(interval, decimals),
  };
}

export interface PageRange {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** Links to the pages of a long list; none where there is only one. */
export function pagerLinks(frame: PageFrame, pages: readonly PageRange[], current?: number) {
  if (pages.length < 2 && current !== undefined) return [];
  return pages.map(({ path, from, to }, index) => ({
    href: hrefFrom(frame, path),
    range: rangeText({ from, to }),
    current: index + 1 === current,
  }));
}

export function rangeText({ from, to }: Pick<PageRange, 'from' | 'to'>): string {
  return from === to ? formatCount(from) : `${formatCount(from)}–${formatCount(to)}`;
}

export function runHead(frame: PageFrame, run: RunRowView) {
  return {
    runId: run.runId,
    href: hrefFrom(frame, run.path),
    label: run.label,
    seed: run.seed,
    dataSet: run.dataSet,
    finished: run.finished,
    suites: run.suites.map((suite) => linkFrom(frame, suite)),
  };
}
