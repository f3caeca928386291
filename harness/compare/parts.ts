/**
 * The parts of a metric's images or questions that a breakdown shows: images by the length of their references, questions by kind and by
 * type. A part depends on the data alone, never on what a system said, so that all systems are judged on the same part.
 */
import type { BreakdownView } from '../../reports/comparison/comparison-view.js';
import type { ScoredRecord } from '../statistics/seeds-and-images.js';
import type { System, SystemItem, SystemMetric } from '../systems/system.js';
import { itemKey, type SharedMetric } from './shared-metrics.js';

export interface Part {
  readonly label: string;
  readonly images: number;
  readonly questions?: number;
  /** One list of records per system. */
  readonly records: readonly (readonly ScoredRecord[])[];
}

export interface Breakdown extends Pick<BreakdownView, 'by' | 'note'> {
  readonly parts: readonly Part[];
}

/** Types of questions that are shown one by one; the rest are taken together. */
const TYPES = 12;

/** Breakdowns with at least two parts; none where the systems keep no texts. */
export function breakdownsOf({ name, metrics }: SharedMetric, systems: readonly System[]): readonly Breakdown[] {
  const breakdowns =
    metrics[0]!.group === 'answers' ? questionBreakdowns(name, metrics, systems) : [lengthBreakdown(metrics, systems)];
  return breakdowns.filter((breakdown) => breakdown !== undefined && breakdown.parts.length > 1) as Breakdown[];
}

function lengthBreakdown(metrics: readonly SystemMetric[], systems: readonly System[]): Breakdown | undefined {
  const { imageIds, group } = metrics[0]!;
  const known = referenceLengths(systems, group);
  const lengths = imageIds.map((imageId) => known.get(imageId));
  const sorted = lengths.filter((length) => length !== undefined).sort((a, b) => a - b);
  if (sorted.length < imageIds.length) return undefined;
  const longest = sorted.at(-1)!;
  const quarters = [0.25, 0.5, 0.75].map((share) => sorted[Math.ceil(share * sorted.length) - 1]!);
  const edges = [...new Set(quarters)].filter((edge) => edge < longest);
  const bounds = [...edges, longest];
  const parts = bounds.map((to, index) => {
    const from = index === 0 ? Number.NEGATIVE_INFINITY : bounds[index - 1]!;
    const images = [...lengths.keys()].filter((image) => lengths[image]! > from && lengths[image]! <= to);
    return { label: lengthLabel(index === 0 ? undefined : from, index === edges.length ? undefined : to), images };
  });
  return {
    by: 'caption length',
    note: `Words of an image’s references, averaged over them; ${lengthCut(parts.map(({ images }) => images.length))}`,
    parts: parts.map(({ label, images }) => ({
      label,
      images: images.length,
      records: metrics.map(({ replicates }) =>
        replicates.map(({ seed, columns }) => ({
          ...(seed === undefined ? {} : { seed }),
          columns: columns.map((values) => Float64Array.from(images, (image) => values[image]!)),
        })),
      ),
    })),
  };
}

/** How the images are cut: quarters where their lengths allow it, for images of one length stay together. */
function lengthCut(sizes: readonly number[]): string {
  const quarter = sizes.reduce((sum, size) => sum + size, 0) / 4;
  return sizes.length === 4 && sizes.every((size) => Math.abs(size - quarter) <= quarter / 4)
    ? 'the images are cut into quarters.'
    : `the images are cut into ${sizes.length} parts, not into quarters, because many are of the same length.`;
}

/** Mean number of words of the references of each image whose references a system names, to one decimal. */
function referenceLengths(systems: readonly System[], group: string): ReadonlyMap<string, number> {
  const lengths = new Map<string, number>();
  for (const { items } of systems) {
    for (const { group: own, imageId, references } of items) {
      if (own !== group || references.length === 0 || lengths.has(imageId)) continue;
      const words = references.reduce((sum, text) => sum + wordsOf(text), 0);
      lengths.set(imageId, Math.round((words / references.length) * 10) / 10);
    }
  }
  return lengths;
}

function wordsOf(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

function lengthLabel(from: number | undefined, to: number | undefined): string {
  if (from === undefined) return `up to ${to} words`;
  return to === undefined ? `over ${from} words` : `over ${from}, up to ${to} words`;
}

interface Question {
  readonly key: string;
  readonly imageId: string;
  readonly kind?: string;
  readonly questionType?: string;
  /** Of each record of each system. */
  readonly scores: readonly (readonly number[])[];
}

function questionBreakdowns(
  name: string,
  metrics: readonly SystemMetric[],
  systems: readonly System[],
): readonly (Breakdown | undefined)[] {
  const kind = (
    { 'accuracy/yes-no': 'yes/no', 'accuracy/closed': 'closed', 'accuracy/open': 'open' } as Readonly<
      Record<string, string>
    >
  )[name];
  const questions = sharedQuestions(systems, metrics, (item) => kind === undefined || item.kind === kind);
  if (questions === undefined) return [];
  const seeds = metrics.map(({ replicates }) => replicates.map(({ seed }) => seed));
  const breakdown = (
    by: Breakdown['by'],
    note: string,
    labelOf: (question: Question) => string | undefined,
  ): Breakdown | undefined => {
    if (questions.some((question) => labelOf(question) === undefined)) return undefined;
    const groups = new Map<string, Question[]>();
    for (const question of questions) {
      const label = labelOf(question)!;
      const group = groups.get(label);
      if (group === undefined) groups.set(label, [question]);
      else group.push(question);
    }
    return { by, note, parts: bySize(groups).map(([label, group]) => questionPart(label, group, seeds)) };
  };
  return [
    breakdown(
      'question kind',
      'Open questions, and those that ask for yes or no or are closed as the data set says.',
      (question) => question.kind,
    ),
    breakdown('question type', 'What a question asks about, as the data set says.', ({ questionType }) => questionType),
  ];
}

/** The questions of all systems with their scores; undefined where a system keeps none, or other ones. */
function sharedQuestions(
  systems: readonly System[],
  metrics: readonly SystemMetric[],
  asked: (item: SystemItem) => boolean,
): readonly Question[] | undefined {
  const { group } = metrics[0]!;
  const [first, ...rest] = systems.map(
    ({ items }) =>
      new Map(items.filter((item) => item.group === group && asked(item)).map((item) => [itemKey(item), item])),
  );
  if (first!.size === 0 || rest.some(({ size }) => size !== first!.size)) return undefined;
  const questions: Question[] = [];
  for (const [key, item] of first!) {
    const all = [item, ...rest.map((items) => items.get(key))];
    const scores = all.map((one) => one?.scores);
    if (scores.some((list, index) => list?.length !== metrics[index]!.replicates.length)) return undefined;
    const { imageId, kind, questionType } = item;
    questions.push({
      key,
      imageId,
      ...(kind === undefined ? {} : { kind }),
      ...(questionType === undefined ? {} : { questionType }),
      scores: scores as (readonly number[])[],
    });
  }
  return questions;
}

/** Largest first; what comes after the first `TYPES` is one group. */
function bySize(groups: ReadonlyMap<string, readonly Question[]>): readonly (readonly [string, readonly Question[]])[] {
  const sorted = [...groups].sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1));
  if (sorted.length <= TYPES + 1) return sorted;
  const rest = sorted.slice(TYPES);
  return [...sorted.slice(0, TYPES), [`${rest.length} further types`, rest.flatMap(([, questions]) => questions)]];
}

/** Sum and count of the questions of each image, so that the questions of an image stay together. */
function questionPart(
  label: string,
  questions: readonly Question[],
  seeds: readonly (readonly (number | undefined)[])[],
): Part {
  const places = new Map<string, number>();
  for (const { imageId } of questions) if (!places.has(imageId)) places.set(imageId, places.size);
  const counts = new Float64Array(places.size);
  for (const { imageId } of questions) counts[places.get(imageId)!]! += 1;
  return {
    label,
    images: places.size,
    questions: questions.length,
    records: seeds.map((own, system) =>
      own.map((seed, record) => {
        const sums = new Float64Array(places.size);
        for (const { imageId, scores } of questions) sums[places.get(imageId)!]! += scores[system]![record]!;
        return { ...(seed === undefined ? {} : { seed }), columns: [sums, counts] };
      }),
    ),
  };
}
