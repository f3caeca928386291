/** From a run's predictions to sample cards, one per image, in pages whose size is bounded however the predictions are spread. */

import { sha256 } from '../../reference-model/files/hashing.js';
import type { SampleView } from '../../reports/site/index.js';
import type { Prediction } from '../records/predictions.js';
import type { SiteImage } from './image-files.js';

const SAMPLES_PER_PAGE = 200;
const PREDICTIONS_PER_PAGE = 1_600;
const ANSWERS_PER_SAMPLE = 40;
const REFERENCES_PER_CAPTION = 5;

export interface SamplePage {
  readonly path: string;
  /** Numbers of the first and the last sample. */
  readonly from: number;
  readonly to: number;
  readonly samples: readonly SampleView[];
}

/** Samples are numbered in the order in which the predictions first name their images. */
export function samplePages(
  runId: string,
  predictions: readonly Prediction[],
  images: ReadonlyMap<string, SiteImage>,
): readonly SamplePage[] {
  const groups = new Map<string, Prediction[]>();
  for (const prediction of predictions) {
    const group = groups.get(prediction.imageId);
    if (group === undefined) groups.set(prediction.imageId, [prediction]);
    else group.push(prediction);
  }
  const samples = [...groups].map(([imageId, group], index) =>
    sampleOf(imageId, index + 1, group, images.get(imageId)),
  );
  return pagesOf(samples).map((onPage, index) => {
    const path = `runs/${runId}/samples-${String(index + 1).padStart(4, '0')}.html`;
    return {
      path,
      from: onPage[0]!.number,
      to: onPage.at(-1)!.number,
      samples: onPage.map((sample) => ({ ...sample, permalink: `${path}#${sample.anchor}` })),
    };
  });
}

/** A stable fragment for an image id, which is text from a data set. */
function anchorOf(imageId: string): string {
  return `s-${sha256(imageId).slice(0, 12)}`;
}

type UnplacedSample = Omit<SampleView, 'permalink'>;

function sampleOf(
  imageId: string,
  number: number,
  predictions: readonly Prediction[],
  image: SiteImage | undefined,
): UnplacedSample {
  const answers = predictions.filter((prediction) => prediction.type === 'answer');
  const given = predictions.filter((prediction) => prediction.type === 'teacher-forced');
  return {
    number,
    anchor: anchorOf(imageId),
    imageId,
    ...(image === undefined
      ? {}
      : { image: { path: image.path, thumbnail: image.thumbnail, width: image.width, height: image.height } }),
    captions: predictions
      .filter((prediction) => prediction.type === 'caption')
      .map(({ style, text, score, references }) => ({
        style: style === 'ai-captions' ? 'detailed caption' : 'human-style caption',
        text,
        score,
        references: references.slice(0, REFERENCES_PER_CAPTION),
        moreReferences: Math.max(0, references.length - REFERENCES_PER_CAPTION),
      })),
    answers: answers
      .slice(0, ANSWERS_PER_SAMPLE)
      .map(({ question, expected, text, correct }) => ({ question, expected, text, correct })),
    moreAnswers: Math.max(0, answers.length - ANSWERS_PER_SAMPLE),
    given: given
      .slice(0, ANSWERS_PER_SAMPLE)
      .map(({ prompt, expected, exact, loss }) => ({ prompt, expected, exact, loss })),
    moreGiven: Math.max(0, given.length - ANSWERS_PER_SAMPLE),
  };
}

function pagesOf(samples: readonly UnplacedSample[]): readonly (readonly UnplacedSample[])[] {
  const pages: UnplacedSample[][] = [];
  let shown = Number.POSITIVE_INFINITY;
  for (const sample of samples) {
    const size = sample.captions.length + sample.answers.length + sample.given.length;
    const page = pages.at(-1);
    if (page === undefined || page.length === SAMPLES_PER_PAGE || shown + size > PREDICTIONS_PER_PAGE) {
      pages.push([sample]);
      shown = size;
    } else {
      page.push(sample);
      shown += size;
    }
  }
  return pages;
}

/** The samples with the lowest and the highest scores of the first measure that the run has, at most `count` each. */
export function extremeSamples(
  pages: readonly SamplePage[],
  count = 6,
): readonly { readonly label: string; readonly samples: readonly SampleView[] }[] {
  const samples = pages.flatMap((page) => page.samples);
  if (samples.length < 2 * count) return [];
  const scored = samples.map((sample) => ({ sample, score: scoreOf(sample) }));
  // Equal scores keep the order of the evaluation, so that the choice depends on the record alone.
  const sorted = scored.sort((left, right) => left.score - right.score || left.sample.number - right.sample.number);
  const name = scoreName(samples[0]!);
  return [
    { label: `Lowest ${name}`, samples: sorted.slice(0, count).map(({ sample }) => sample) },
    {
      label: `Highest ${name}`,
      samples: sorted
        .slice(-count)
        .reverse()
        .map(({ sample }) => sample),
    },
  ];
}

function scoreName({ captions, answers }: SampleView): string {
  if (captions.length > 0) return 'CIDEr-D';
  return answers.length > 0 ? 'share of right answers' : 'share of references ranked first';
}

function scoreOf({ captions, answers, given }: SampleView): number {
  if (captions[0] !== undefined) return captions[0].score;
  if (answers.length === 0) return given.filter(({ exact }) => exact).length / Math.max(1, given.length);
  return answers.filter(({ correct }) => correct).length / Math.max(1, answers.length);
}
