/** The page of one run: its scores with intervals, its samples, where it comes from, and its record to download. */
import { fewImages } from '../few-images.js';
import { decimalsFor, formatCount, formatWithPrefix } from '../numbers.js';
import { badgeOf } from './badge-link.js';
import { sampleCard } from './render-samples.js';
import { hrefFrom, pagerLinks, renderSitePage, runHead, scoreTexts, shownText } from './site-page.js';
import type { RunPageView } from './site-views.js';

export function renderRunPage(view: RunPageView): string {
  const { frame, run } = view;
  return renderSitePage({
    template: 'run',
    frame,
    title: `Run ${run.runId}`,
    kind: 'run',
    smoke: view.smoke,
    skip: { target: 'scores', label: 'Skip to the scores' },
    context: {
      run: runHead(frame, run),
      scores: view.scores.map((score) => ({
        ...scoreTexts(score, decimalsFor([score.value])),
        metric: score.metric,
        axis: score.axis,
        images: score.images === undefined ? '' : formatCount(score.images),
        signature: score.signature,
      })),
      fewImages: fewImages(
        Math.min(...view.scores.flatMap(({ images = [], interval }) => (interval === undefined ? [] : images))),
      ),
      samplePages: pagerLinks(frame, view.samplePages),
      extremes: view.extremes.map(({ label, samples }, group) => ({
        label,
        // The same image may be on both lists; ids of a page are unique.
        samples: samples.map((sample) => ({
          ...sampleCard(frame, sample),
          anchor: `${group === 0 ? 'lowest' : 'highest'}-${sample.number}`,
        })),
      })),
      facts: view.facts,
      recipe: shownText(view.recipe, 30_000),
      files: view.files.map(({ label, path, bytes }) => ({
        label,
        href: hrefFrom(frame, path),
        size: formatWithPrefix(bytes, 'B'),
      })),
      badge: badgeOf(frame, { badge: view.badge, page: run.path, name: `Score of run ${run.runId}` }),
    },
  });
}
