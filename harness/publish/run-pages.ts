/** Everything that a site holds of one run: its page, its samples, its scores image by image, its badge and the files of its record. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { formatCount } from '../../reports/numbers.js';
import { type PageFrame, renderBadge, renderRunPage, renderSamplesPage } from '../../reports/site/index.js';
import { measures } from '../measures/measures.js';
import type { FinishedRun } from '../records/run-record.js';
import type { SiteImage } from './image-files.js';
import type { Membership } from './leaderboards.js';
import { isSmokeRun, type RunFacts } from './run-facts.js';
import { leadingMeasure, runRow } from './run-row.js';
import { extremeSamples, samplePages } from './sample-cards.js';
import type { SampleScores } from './sample-scores.js';
import type { UnitWriter } from './site-units.js';

/** The weights stay out: they are large, and their hash is in the result. */
export const recordFiles = [
  'config.json',
  'provenance.json',
  'result.json',
  'events.jsonl',
  'predictions.jsonl',
  'examples.json',
] as const;

export interface RunPagesInput {
  readonly folder: string;
  readonly run: FinishedRun;
  readonly facts: RunFacts;
  readonly perImage: SampleScores;
  readonly memberships: readonly Membership[];
  readonly images: ReadonlyMap<string, SiteImage>;
  readonly site: Pick<PageFrame, 'siteTitle' | 'baseUrl'>;
}

export function writeRunPages(
  { folder, run, facts, perImage, memberships, images, site }: RunPagesInput,
  { write }: UnitWriter,
): void {
  const { runId } = facts;
  const frame: PageFrame = { ...site, root: '../../' };
  const row = runRow(facts, memberships);
  const at = (name: string) => `runs/${runId}/${name}`;
  const files: { label: string; path: string; bytes: number }[] = recordFiles.map((name) => {
    const content = readFileSync(join(folder, name));
    write(at(name), content);
    return { label: name, path: at(name), bytes: content.length };
  });
  const scores = `${JSON.stringify(scoresDocument(facts, perImage))}\n`;
  write(at('scores.json'), scores);
  files.push({ label: 'scores.json', path: at('scores.json'), bytes: Buffer.byteLength(scores) });
  write(at('badge.svg'), runBadge(facts));

  const smoke = isSmokeRun(facts, memberships);
  const pages = samplePages(runId, run.predictions, images);
  const total = pages.at(-1)?.to ?? 0;
  pages.forEach(({ path, samples }, index) => {
    write(path, renderSamplesPage({ frame, run: row, smoke, page: index + 1, pages, total, samples }));
  });
  write(
    at('index.html'),
    renderRunPage({
      frame,
      run: row,
      smoke,
      scores: scoreRows(facts),
      facts: factLines(run, facts),
      recipe: stringify(run.identity.config, { flowCollectionPadding: false }),
      samplePages: pages,
      extremes: extremeSamples(pages),
      files,
      badge: at('badge.svg'),
    }),
  );
}

/**
 * `scores.json`: of each measure the sum and the count of the scores of each image, in the order of the evaluation; the score of the run is
 * the sum of the sums ÷ the sum of the counts.
 */
function scoresDocument({ runId, dataSet, split }: RunFacts, perImage: SampleScores) {
  return { schemaVersion: 1, runId, dataSet, split, measures: perImage };
}

function scoreRows({ scores }: RunFacts) {
  return Object.entries(measures).flatMap(([measure, { label, axis }]) => {
    const score = scores[measure as keyof typeof measures];
    return score === undefined ? [] : [{ metric: label, axis, ...score }];
  });
}

function runBadge({ scores }: RunFacts): string {
  const lead = leadingMeasure(scores);
  return lead === undefined
    ? renderBadge({ label: 'vlm-bench', value: 'no score', tone: 'neutral' })
    : renderBadge({ label: measures[lead].label, value: scores[lead]!.value.toFixed(3), tone: 'neutral' });
}

function factLines(
  { identity, provenance }: FinishedRun,
  facts: RunFacts,
): readonly { label: string; value: string }[] {
  const { git, machine, engine } = provenance;
  return [
    { label: 'Run', value: facts.runId },
    { label: 'Seed', value: String(facts.seed) },
    { label: 'Data', value: `${facts.dataSet.name}, ${facts.split} split, fingerprint ${facts.dataSet.fingerprint}` },
    { label: 'Parameters', value: formatCount(facts.parameters) },
    { label: 'Training', value: `${formatCount(facts.steps)} steps, ${formatCount(facts.tokens)} tokens` },
    { label: 'Weights', value: `SHA-256 ${facts.weights}` },
    { label: 'Engine', value: `${engine.name}, ${engine.precision}, numerics ${engine.numerics}` },
    { label: 'vlm-bench', value: provenance.packageVersion },
    ...(git === undefined
      ? []
      : [
          {
            label: 'Git commit',
            value: git.dirtyDiff === null ? git.commit : `${git.commit} with uncommitted changes`,
          },
        ]),
    { label: 'Code that decides the bits', value: identity.codeVersion },
    { label: 'Machine', value: `${machine.processor}, ${machine.system}, Node.js ${machine.node}` },
    { label: 'Finished', value: new Date(facts.finished).toISOString() },
  ];
}
