/** The pictures of the masks, the example images with both arms' captions, and the table of runs. */
import { type ArmStyle, styleOf } from '../arm-style.js';
import { renderMaskGrid } from '../charts/mask-grid.js';
import type { ArmView, ExampleView, FindingReportView, RunView } from '../finding-report-view.js';
import { decimalsFor, formatCount, formatDuration, formatFixed } from '../numbers.js';
import { safeImageData, safeRecordLink } from '../safe-links.js';
import { singleLineText } from '../untrusted-text.js';

type Styles = ReadonlyMap<string, ArmStyle>;

export function masksSection(arms: readonly ArmView[], styles: Styles) {
  const masked = arms.flatMap((arm) => (arm.mask === undefined ? [] : [{ ...arm, mask: arm.mask }]));
  const reference = masked.find((arm) => arm.role === 'control') ?? masked[0];
  return masked.map((arm, index) => {
    const other = arm === reference ? masked.find((candidate) => candidate !== arm) : reference;
    const cells = arm.mask.tokens.length ** 2;
    const open = arm.mask.allowed.flat().filter(Boolean).length;
    return {
      style: styleOf(styles, arm.id),
      label: arm.label,
      description: arm.description,
      kind: arm.mask.kind,
      open: formatCount(open),
      cells: formatCount(cells),
      picture: renderMaskGrid(arm.mask, other?.mask, {
        id: `mask-${index + 1}`,
        title: `Attention mask of ${arm.label}`,
        description: `${arm.mask.tokens.length} tokens; ${open} of ${cells} pairs of query and key are allowed. The table below lists them.`,
      }),
      rows: arm.mask.tokens.map(({ text, kind }, query) => ({
        token: text,
        kind,
        keys: allowedKeys(arm.mask, query),
      })),
    };
  });
}

/** The tokens that a query may look at, as position ranges counted from one: `1–4, 7`. */
function allowedKeys(mask: NonNullable<ArmView['mask']>, query: number): string {
  const ranges: string[] = [];
  let start = -1;
  for (let key = 0; key <= mask.tokens.length; key += 1) {
    const open = key < mask.tokens.length && mask.allowed[query]?.[key] === true;
    if (open && start < 0) start = key;
    if (!open && start >= 0) {
      ranges.push(start === key - 1 ? `${key}` : `${start + 1}–${key}`);
      start = -1;
    }
  }
  return ranges.join(', ') || 'none';
}

/** With more outputs than this per image, only the first images stand unfolded. */
const MOST_OUTPUTS = 4;
const EXAMPLES_UNFOLDED = 3;

/** Most references shown per example; the rest is counted. */
const REFERENCES_SHOWN = 8;

export function examplesSection(examples: readonly ExampleView[], styles: Styles) {
  const selections = [...new Set(examples.map((example) => example.selection))];
  const cards = examples.map((example) => exampleCard(example, styles, selections.length > 1));
  const tall = examples.some(({ predictions }) => predictions.length > MOST_OUTPUTS);
  const shown = tall ? EXAMPLES_UNFOLDED : cards.length;
  return {
    /** Said once where it holds for all. */
    selection: selections.length === 1 ? (selections[0] ?? '') : '',
    cards: cards.slice(0, shown),
    more: cards.slice(shown),
  };
}

function exampleCard(example: ExampleView, styles: Styles, showSelection: boolean) {
  const seeds = [...new Set(example.predictions.map(({ seed }) => seed))];
  return {
    oneSeed: seeds.length === 1 ? String(seeds[0]) : '',
    imageId: example.imageId,
    image: safeImageData(example.image) ?? '',
    alternative: singleLineText(`Image ${example.imageId} of the test data`, 120),
    ...displaySize(example),
    size: `${formatCount(example.width)} × ${formatCount(example.height)} pixels`,
    prompt: example.prompt,
    references: example.references.slice(0, REFERENCES_SHOWN),
    moreReferences: Math.max(0, example.references.length - REFERENCES_SHOWN),
    selection: showSelection ? example.selection : '',
    scoreName: [...new Set(example.predictions.map((prediction) => prediction.scoreName))].join(', '),
    judged: example.predictions.length > 0 && example.predictions.every(({ outcome }) => outcome !== undefined),
    predictions: example.predictions.map(({ arm, seed, text, score, outcome }) => ({
      style: styleOf(styles, arm),
      seed,
      text,
      empty: text.trim() === '',
      score: outcome ?? formatFixed(score, decimalsFor(example.predictions.map((prediction) => prediction.score))),
    })),
  };
}

/** Small pictures are scaled up by a whole factor (pixels stay square), large ones down to the card. */
function displaySize({ width, height }: ExampleView): { readonly width: number; readonly height: number } {
  const longest = Math.max(width, height);
  if (!(longest > 0) || !Number.isFinite(longest)) return { width: 160, height: 160 };
  const scale = longest <= 192 ? Math.max(1, Math.floor(192 / longest)) : 192 / longest;
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** More scores than this make the table too wide; the records hold all. */
const MOST_SCORE_COLUMNS = 5;

/** The measures of the page in its order, those of the claims first; of several runs, only what differs between them. */
function scoreColumns({ runs, claims, scores, scoreLabels }: FindingReportView): readonly string[] {
  const differs = (name: string): boolean => new Set(runs.map((run) => scoreOf(run, name))).size > 1;
  const shown = [
    ...new Set([...claims.map(({ hypothesis }) => hypothesis.metric), ...scores.map(({ metric }) => metric)]),
  ];
  const rank = (name: string): number => shown.indexOf(scoreLabel(scoreLabels, name));
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.scores)))];
  const known = names.filter((name) => rank(name) >= 0);
  return (known.length > 0 ? known : names)
    .filter((name) => runs.length < 2 || differs(name))
    .sort((left, right) => rank(left) - rank(right) || (left < right ? -1 : 1))
    .slice(0, MOST_SCORE_COLUMNS);
}

function scoreLabel(labels: FindingReportView['scoreLabels'], name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? name) : name;
}

/** A longer table is folded. */
const MOST_RUNS_UNFOLDED = 16;

export function runsSection(view: FindingReportView, styles: Styles) {
  const { runs, sharedTrainings, scoreLabels } = view;
  const names = scoreColumns(view);
  const decimals = new Map(names.map((name) => [name, decimalsFor(runs.map((run) => scoreOf(run, name)))]));
  const places = new Map(sharedTrainings.map(({ runId }, index) => [runId, `shared-${index + 1}`]));
  return {
    folded: runs.length > MOST_RUNS_UNFOLDED,
    count: formatCount(runs.length),
    sharing: sharingSentence(view),
    columns: names.map((name) => scoreLabel(scoreLabels, name)),
    rows: runs.map((run) => ({
      ...trainingRow(run),
      style: styleOf(styles, run.arm),
      scores: names.map((name) => formatFixed(scoreOf(run, name), decimals.get(name) ?? 3)),
      resumed: run.resumed > 0 ? formatCount(run.resumed) : '',
      forkedFrom: run.forkedFrom === undefined ? '' : singleLineText(run.forkedFrom.runId, 8).replace(/…$/, ''),
      forkedSteps: formatCount(run.forkedFrom?.steps ?? 0),
      forkedPlace: places.get(run.forkedFrom?.runId ?? '') ?? '',
    })),
    shared: sharedTrainings.map((training, index) => ({
      ...trainingRow(training),
      place: `shared-${index + 1}`,
      steps: formatCount(training.steps),
      continuedBy: formatCount(training.continuedBy),
    })),
  };
}

/** What runs and shared trainings have in common. */
function trainingRow({
  runId,
  seed,
  seconds,
  tokens,
  weightsHash,
  links,
}: Pick<RunView, 'runId' | 'seed' | 'seconds' | 'tokens' | 'weightsHash' | 'links'>) {
  return {
    runId,
    seed,
    time: formatDuration(seconds),
    tokens: formatCount(tokens),
    weights: singleLineText(weightsHash, 12).replace(/…$/, ''),
    weightsHash,
    links: links.map(({ label, href }) => ({ label, href: safeRecordLink(href) ?? '' })),
  };
}

function sharingSentence({ runs, sharedTrainings, compute }: FindingReportView): string {
  if (compute.stepsSaved <= 0 || sharedTrainings.length === 0) return '';
  const forked = runs.filter(({ forkedFrom }) => forkedFrom !== undefined).length;
  const [several, trainings] = [
    forked === 1 ? 'run continues' : 'runs continue',
    sharedTrainings.length === 1 ? 'training' : 'trainings',
  ];
  return (
    `${formatCount(forked)} ${several} ${formatCount(sharedTrainings.length)} shared ${trainings}, which saved ` +
    `${formatCount(compute.stepsSaved)} steps. The bits are the same as without sharing.`
  );
}

function scoreOf({ scores }: RunView, name: string): number {
  return Object.hasOwn(scores, name) ? (scores[name] ?? Number.NaN) : Number.NaN;
}
