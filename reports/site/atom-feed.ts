/**
 * The Atom feed of a site's results (RFC 4287). Its times are those of the records, never the clock's, so that equal records give an equal
 * feed; its ids are UUIDs made from what the entries are, so that they stay when the site moves.
 */
import { createHash } from 'node:crypto';
import { escapeMarkup, printableText, singleLineText } from '../untrusted-text.js';

export interface FeedEntryView {
  /** What the entry is, for ever: kind and id. */
  readonly identity: string;
  readonly title: string;
  readonly summary: string;
  /** From the site's root. */
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly updated: number;
}

export interface FeedView {
  readonly title: string;
  /** Address of the site with a final slash, or empty: then links are relative to the feed. */
  readonly baseUrl: string;
  readonly entries: readonly FeedEntryView[];
}

const ENTRIES = 50;

/** @returns the newest entries, newest first. */
export function renderAtomFeed({ title, baseUrl, entries }: FeedView): string {
  const newest = [...entries]
    .sort((left, right) => right.updated - left.updated || (left.identity < right.identity ? -1 : 1))
    .slice(0, ENTRIES);
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<title>${xmlText(title, 200)}</title>`,
    `<id>${stableId(`site ${baseUrl} ${title}`)}</id>`,
    `<updated>${instant(newest[0]?.updated ?? 0)}</updated>`,
    '<author><name>vlm-bench</name></author>',
    '<generator>vlm-bench</generator>',
    `<link rel="self" href="${escapeMarkup(baseUrl)}feed.xml"/>`,
    `<link rel="alternate" type="text/html" href="${escapeMarkup(baseUrl)}index.html"/>`,
    ...newest.map((entry) =>
      [
        '<entry>',
        `<title>${xmlText(entry.title, 200)}</title>`,
        `<id>${stableId(entry.identity)}</id>`,
        `<updated>${instant(entry.updated)}</updated>`,
        `<link rel="alternate" type="text/html" href="${escapeMarkup(baseUrl + entry.path)}"/>`,
        `<summary>${xmlText(entry.summary, 1000)}</summary>`,
        '</entry>',
      ].join('\n'),
    ),
    '</feed>',
    '',
  ].join('\n');
}

/** XML 1.0 admits fewer characters than HTML: printableText leaves none that it forbids but the two last noncharacters of plane 0. */
function xmlText(text: string, limit: number): string {
  return escapeMarkup(singleLineText(printableText(text), limit));
}

/** A UUID of version 8 (RFC 9562, section 5.8) from SHA-256 of the identity. */
function stableId(identity: string): string {
  const bytes = createHash('sha256').update(identity, 'utf8').digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return `urn:uuid:${groups.join('-')}`;
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
