/**
 * The page of a gate: verdict, metrics with their intervals, and the most regressed images with references, before and after. One
 * self-contained file without script; equal views give equal bytes.
 */
import { renderDocument } from '../document.js';
import { subsetSentence } from '../subset-sentence.js';
import { compilePage, readReportAsset } from '../templates.js';

/** Everything that the page shows, numbers already written out. */
export interface GatePageView {
  readonly verdict: 'pass' | 'regression' | 'below-minimum' | 'inconclusive';
  readonly sentence: string;
  readonly metric: string;
  readonly metrics: readonly {
    readonly name: string;
    readonly role: string;
    readonly baseline: string;
    readonly candidate: string;
    readonly difference: string;
    readonly interval: string;
    readonly p: string;
  }[];
  /** Floors under scores; empty if none was asked for. */
  readonly minimums: readonly {
    readonly metric: string;
    readonly minimum: string;
    readonly score: string;
    readonly outcome: 'reached' | 'missed';
  }[];
  readonly signatures: readonly string[];
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  /** Whether there is a baseline, and so images that may have lost. */
  readonly compared: boolean;
  readonly images: readonly {
    readonly imageId: string;
    /** PNG as a data: URL; empty where there is none. */
    readonly picture: string;
    readonly before: string;
    readonly after: string;
    readonly difference: string;
    readonly texts: readonly {
      readonly prompt: string;
      readonly references: readonly string[];
      readonly before: string;
      readonly after: string;
    }[];
  }[];
}

const tones: Readonly<Record<GatePageView['verdict'], { readonly tone: string; readonly sign: string }>> = {
  pass: { tone: 'reproduced', sign: '✓' },
  regression: { tone: 'contradicted', sign: '✗' },
  'below-minimum': { tone: 'contradicted', sign: '✗' },
  inconclusive: { tone: 'inconclusive', sign: '?' },
};

/** @returns the complete HTML document. */
export function renderGatePage(view: GatePageView): string {
  return renderDocument({
    title: `Gate: ${view.verdict}, ${view.metric}`,
    kind: 'gate',
    tags: [{ label: 'metric', value: view.metric }],
    skip: view.compared
      ? { target: 'images', label: 'Skip to the images' }
      : { target: 'signatures', label: 'Skip to the signatures' },
    css: readReportAsset('gate/gate.css'),
    body: compilePage('gate/gate')({
      ...view,
      ...tones[view.verdict],
      subset: view.signatures.map(subsetSentence).find((sentence) => sentence !== undefined),
    }),
    footer: '<p>Made by vlm-bench from the scores of every image; no number on this page was typed by hand.</p>',
  });
}
