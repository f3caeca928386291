/** A page of samples: each image with what the model said about it. Images are files and load when they come into view. */
import { formatCount, formatFixed } from '../numbers.js';
import { hrefFrom, pagerLinks, rangeText, renderSitePage, runHead, shownText } from './site-page.js';
import type { PageFrame, SamplesPageView, SampleView } from './site-views.js';

const TEXT = 600;

export function renderSamplesPage({ frame, run, smoke, page, pages, total, samples }: SamplesPageView): string {
  const range = rangeText(pages[page - 1]!);
  return renderSitePage({
    template: 'samples',
    frame,
    title: `Samples ${range} of run ${run.runId}`,
    kind: 'samples',
    smoke,
    skip: { target: 'samples', label: 'Skip to the samples' },
    context: {
      range,
      total: formatCount(total),
      run: runHead(frame, run),
      pages: pagerLinks(frame, pages, page),
      samples: samples.map((sample) => sampleCard(frame, sample)),
    },
  });
}

export function sampleCard(frame: PageFrame, sample: SampleView) {
  const { image } = sample;
  return {
    anchor: sample.anchor,
    permalink: hrefFrom(frame, sample.permalink),
    number: formatCount(sample.number),
    imageId: sample.imageId,
    alternative: `Image ${sample.imageId}`,
    image:
      image === undefined
        ? null
        : { ...image, href: hrefFrom(frame, image.path), thumbnail: hrefFrom(frame, image.thumbnail) },
    captions: sample.captions.map(({ style, text, score, references, moreReferences }) => ({
      style,
      text: shownText(text, TEXT),
      score: formatFixed(score, 2),
      references: references.map((reference) => shownText(reference, TEXT)),
      moreReferences,
    })),
    answers: sample.answers.map(({ question, expected, text, correct }) => ({
      question: shownText(question, TEXT),
      expected: shownText(expected, TEXT),
      text: shownText(text, TEXT),
      correct,
    })),
    moreAnswers: sample.moreAnswers,
    given: sample.given.map(({ prompt, expected, exact, loss }) => ({
      prompt: shownText(prompt, TEXT),
      expected: shownText(expected, TEXT),
      exact,
      loss: formatFixed(loss, 2),
    })),
    moreGiven: sample.moreGiven,
  };
}
