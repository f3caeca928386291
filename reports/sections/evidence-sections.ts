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
    predictions: example.predictions.map(({ arm, seed, text, score }) => ({
      style: styleOf(styles, arm),
      seed,
      text,
      score: formatFixed(score, decimalsFor(example.predictions.map((prediction) => prediction.score))),
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
const MOST_SCORE_COLUMNS = 6;

/** The primary measure first; of several runs, only what differs between them. */
function scoreColumns(runs: readonly RunView[], primary: string | undefined): readonly string[] {
  const differs = (name: string): boolean => new Set(runs.map((run) => scoreOf(run, name))).size > 1;
  return [...new Set(runs.flatMap((run) => Object.keys(run.scores)))]
    .filter((name) => runs.length < 2 || differs(name))
    .sort((left, right) => (left === primary ? -1 : right === primary ? 1 : left < right ? -1 : 1))
    .slice(0, MOST_SCORE_COLUMNS);
}

/** A longer table is folded. */
const MOST_RUNS_UNFOLDED = 16;

export function runsSection({ runs, claims, compute }: FindingReportView, styles: Styles) {
  const primary = claims[0]?.hypothesis.metric;
  const names = scoreColumns(runs, primary);
  const decimals = new Map(names.map((name) => [name, decimalsFor(runs.map((run) => scoreOf(run, name)))]));
  const forked = runs.filter(({ forkedFrom }) => forkedFrom !== undefined).length;
  return {
    folded: runs.length > MOST_RUNS_UNFOLDED,
    count: formatCount(runs.length),
    sharing:
      compute.stepsSaved > 0
        ? `Stages that arms share were trained once: ${formatCount(forked)} runs begin with the stages of another, which saved ${formatCount(compute.stepsSaved)} steps. The bits are the same as without sharing.`
        : '',
    columns: names.map((name) => ({ name, wrap: name.length > 10 })),
    rows: runs.map((run) => ({
      runId: run.runId,
      style: styleOf(styles, run.arm),
      seed: run.seed,
      scores: names.map((name) => formatFixed(scoreOf(run, name), decimals.get(name) ?? 3)),
      time: formatDuration(run.seconds),
      tokens: formatCount(run.tokens),
      weights: singleLineText(run.weightsHash, 12).replace(/…$/, ''),
      weightsHash: run.weightsHash,
      resumed: run.resumed > 0 ? formatCount(run.resumed) : '',
      forkedFrom: run.forkedFrom === undefined ? '' : singleLineText(run.forkedFrom.runId, 8).replace(/…$/, ''),
      forkedSteps: formatCount(run.forkedFrom?.steps ?? 0),
      links: run.links.map(({ label, href }) => ({ label, href: safeRecordLink(href) ?? '' })),
    })),
  };
}

function scoreOf({ scores }: RunView, name: string): number {
  return Object.hasOwn(scores, name) ? (scores[name] ?? Number.NaN) : Number.NaN;
}
