/** The gate's result as the view of its page: numbers written out, pictures as data. */
import type { GatePageView } from '../../reports/gate/gate-page.js';
import {
  type GateDocument,
  type GateMetric,
  type GateResult,
  hasBaseline,
  type RegressedImage,
} from './gate-result.js';
import { imageNumbers, marginText, metricNumbers, minimumNumbers } from './number-text.js';

export function gatePageView(document: GateDocument, thumbnails: ReadonlyMap<string, Uint8Array>): GatePageView {
  const { verdict, sentence, metric, minimums, candidate, references } = document;
  const compared = hasBaseline(document);
  const signatures = [...(compared ? document.metrics : []), ...minimums].map(({ signature }) => signature);
  return {
    verdict,
    sentence,
    metric,
    metrics: compared ? document.metrics.map(metricRow) : [],
    minimums: minimums.map((floor) => ({
      metric: floor.metric,
      outcome: floor.reached ? 'reached' : 'missed',
      ...minimumNumbers(floor),
    })),
    signatures: [...new Set(signatures)],
    facts: [
      ...(compared ? comparisonFacts(document) : []),
      { label: 'Candidate', value: withCommit(candidate.label, candidate.commit) },
      ...(compared ? baselineFacts(document) : []),
      ...(references === undefined ? [] : [{ label: 'References', value: references }]),
    ],
    compared,
    images: compared ? document.regressed.map((image) => imageRow(image, thumbnails.get(image.imageId))) : [],
  };
}

function metricRow(metric: GateMetric): GatePageView['metrics'][number] {
  const { low, high, ...numbers } = metricNumbers(metric);
  const role = metric.gates ? 'gates' : 'informs';
  return { name: metric.name, role, interval: `${low} to ${high}`, ...numbers };
}

function comparisonFacts({ margin, method, images }: GateResult): GatePageView['facts'] {
  return [
    { label: 'Margin', value: `${marginText(margin.value)} (${margin.origin})` },
    { label: 'Interval', value: method },
    { label: 'Images', value: `${images.lost} lost, ${images.won} won, ${images.tied} unchanged` },
  ];
}

function baselineFacts({ baseline }: GateResult): GatePageView['facts'] {
  const { by, at, reason, commit } = baseline.accepted;
  return [
    { label: 'Baseline', value: withCommit(baseline.label, commit) },
    { label: 'Accepted', value: `by ${by} on ${at}: ${reason}` },
  ];
}

function imageRow(image: RegressedImage, png: Uint8Array | undefined): GatePageView['images'][number] {
  const said = (text: string | undefined) =>
    text === undefined ? 'not recorded' : text.trim() === '' ? '(empty)' : text;
  return {
    imageId: image.imageId,
    picture: png === undefined ? '' : `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
    ...imageNumbers(image),
    texts: image.texts.map(({ prompt = '', references, before, after }) => ({
      prompt,
      references,
      before: said(before),
      after: said(after),
    })),
  };
}

function withCommit(label: string, commit: string | undefined): string {
  return commit === undefined ? label : `${label} at ${commit.slice(0, 12)}`;
}
