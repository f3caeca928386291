/** The gate's result as the view of its page: numbers written out, pictures as data. */
import type { GatePageView } from '../../reports/gate/gate-page.js';
import type { GateResult } from './gate-result.js';
import { imageNumbers, marginText, metricNumbers } from './number-text.js';

export function gatePageView(result: GateResult, thumbnails: ReadonlyMap<string, Uint8Array>): GatePageView {
  const { verdict, sentence, metric, metrics, margin, method, images, baseline, candidate, references, regressed } =
    result;
  const { by, at, reason, commit } = baseline.accepted;
  const said = (text: string | undefined) =>
    text === undefined ? 'not recorded' : text.trim() === '' ? '(empty)' : text;
  return {
    verdict,
    sentence,
    metric,
    metrics: metrics.map((one) => {
      const { low, high, ...numbers } = metricNumbers(one);
      const role = one.gates ? 'gates' : 'informs';
      return { name: one.name, role, signature: one.signature, interval: `${low} to ${high}`, ...numbers };
    }),
    facts: [
      { label: 'Margin', value: `${marginText(margin.value)} (${margin.origin})` },
      { label: 'Interval', value: method },
      { label: 'Images', value: `${images.lost} lost, ${images.won} won, ${images.tied} unchanged` },
      { label: 'Candidate', value: withCommit(candidate.label, candidate.commit) },
      { label: 'Baseline', value: withCommit(baseline.label, commit) },
      { label: 'Accepted', value: `by ${by} on ${at}: ${reason}` },
      ...(references === undefined ? [] : [{ label: 'References', value: references }]),
    ],
    images: regressed.map((image) => {
      const png = thumbnails.get(image.imageId);
      return {
        imageId: image.imageId,
        picture: png === undefined ? '' : `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
        ...imageNumbers(image),
        texts: image.texts.map(({ prompt = '', references: given, before, after }) => ({
          prompt,
          references: given,
          before: said(before),
          after: said(after),
        })),
      };
    }),
  };
}

function withCommit(label: string, commit: string | undefined): string {
  return commit === undefined ? label : `${label} at ${commit.slice(0, 12)}`;
}
