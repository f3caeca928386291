/**
 * `vlm-bench publish` from records to a site on disk: collects, renders what changed, then the pages over everything, and last the
 * manifest. The same records give the same bytes, whatever the order of the arguments and whatever stood there before.
 */
import { join, resolve } from 'node:path';
import { sha256 } from '../../reference-model/files/hashing.js';
import { canonicalJson } from '../files/canonical-json.js';
import { readJson } from '../files/read-input.js';
import { printNote } from '../log-text.js';
import { whileLocked } from '../records/lock.js';
import type { ProcessIdentity } from '../records/process-identity.js';
import { readFinishedRunIn } from '../records/run-record.js';
import { type CollectedRecords, collectRecords, type ReproductionSource, type RunSource } from './collect-records.js';
import { comparisonPages, type PublishedComparison } from './comparison-pages.js';
import { publishEvaluations } from './evaluation-pages.js';
import { exampleImages, type PlacedImage, placeImages, type SiteImage } from './image-files.js';
import { type ImageSet, imageSetOf } from './image-sets.js';
import { type Board, boardView, leaderboards, type Membership, type TieGroups } from './leaderboards.js';
import { type PublishedSuite, writeOverviewPages } from './overview-pages.js';
import { rendererVersion } from './renderer-version.js';
import { type RunFacts, runFacts } from './run-facts.js';
import { writeRunPages } from './run-pages.js';
import { type SampleScores, sampleScores } from './sample-scores.js';
import { openSiteFolder, requireSiteRoot, siteLock } from './site-folder.js';
import { MANIFEST, readManifest } from './site-manifest.js';
import { createSiteUnits, type SiteOutcome, type SiteUnits } from './site-units.js';
import { type SuiteFacts, suiteSlugs } from './suite-facts.js';
import { suitePages } from './suite-pages.js';
import { boardTieGroups } from './tie-groups.js';

export interface PublishOptions {
  readonly out: string;
  readonly title?: string;
  /** Address under which the site will stand, with a final slash; empty if unknown. */
  readonly baseUrl?: string;
}

export interface PublishedSite extends SiteOutcome {
  /** Path of `index.html`. */
  readonly page: string;
  readonly runs: number;
  readonly suites: number;
  readonly comparisons: number;
  readonly evaluations: number;
  /** Folders of runs that have not finished and were left out. */
  readonly unfinished: readonly string[];
}

interface Surroundings {
  readonly units: SiteUnits;
  readonly site: { readonly siteTitle: string; readonly baseUrl: string };
  readonly stores: readonly string[];
  readonly membershipsOf: (runId: string) => readonly Membership[];
  /** Image sets that were written in this publish. */
  readonly loaded: Map<string, ReadonlyMap<string, SiteImage>>;
}

/**
 * One at a time: a publish into a folder into which another one publishes waits for its end.
 * @throws UserError for records that are missing or damaged, and for a folder that is no site of ours
 */
export async function publishSite(records: readonly string[], options: PublishOptions): Promise<PublishedSite> {
  const { out } = options;
  requireSiteRoot(out, MANIFEST);
  const collected = collectRecords(records);
  const onWait = ({ pid, host }: ProcessIdentity) =>
    printNote(
      `waiting for process ${pid} on ${host}, which publishes into ${out} (if it is gone, delete ${siteLock(out)})`,
    );
  return whileLocked(siteLock(out), () => publishAlone(collected, options), { onWait });
}

async function publishAlone(
  collected: CollectedRecords,
  { out, title = 'vlm-bench results', baseUrl = '' }: PublishOptions,
): Promise<PublishedSite> {
  // Again, as it may be another's by now.
  requireSiteRoot(out, MANIFEST);
  const earlier = readManifest(resolve(out));
  const folder = openSiteFolder(
    out,
    Object.values(earlier.units).flatMap(({ files }) => Object.keys(files)),
  );
  const units = createSiteUnits(folder, earlier, rendererVersion());
  const suites = await publishSuites(collected, units);
  const membershipsOf = membershipLookup(suites);
  const surroundings: Surroundings = {
    units,
    site: { siteTitle: title, baseUrl },
    stores: collected.stores,
    membershipsOf,
    loaded: new Map(),
  };
  const runs: RunFacts[] = [];
  for (const source of collected.runs) runs.push(await publishRun(source, surroundings));
  const comparisons = await publishComparisons(collected, runs, surroundings);
  const scoresOf = scoresInSite(folder.root);
  const evaluations = publishEvaluations(collected.evaluations, units);
  const boards = leaderboards(runs, membershipsOf).map((board) =>
    boardView(board, knownTieGroups(board, units, scoresOf)),
  );
  writeOverviewPages(
    { site: surroundings.site, suites, runs, membershipsOf, boards, comparisons, evaluations },
    units.begin('overview', ''),
  );
  return {
    page: join(folder.root, 'index.html'),
    runs: runs.length,
    suites: suites.length,
    comparisons: comparisons.length,
    evaluations: evaluations.length,
    unfinished: collected.unfinished,
    ...units.finish(),
  };
}

async function publishSuites(
  { reproductions, runs }: CollectedRecords,
  units: SiteUnits,
): Promise<readonly PublishedSuite[]> {
  const stamps = new Map(runs.map(({ runId, stamp }) => [runId, stamp]));
  const suites: PublishedSuite[] = [];
  for (const [source, slug] of suiteSlugs(reproductions)) {
    const id = `suite:${slug}`;
    const key = sha256(canonicalJson([source.stamp, stampsOf(source, stamps)]));
    if (units.keep(id, key)) {
      suites.push({ slug, facts: units.earlier(id) as SuiteFacts });
      continue;
    }
    const { facts, files } = await suitePages(source, slug);
    const writer = units.begin(id, key, facts);
    for (const { path, content } of files) writer.write(path, content);
    suites.push({ slug, facts });
  }
  return suites.sort((left, right) => (left.slug < right.slug ? -1 : 1));
}

/** A comparison is named after its content: the same one from two folders is one, and what stands at an address stays. */
async function publishComparisons(
  { comparisons }: CollectedRecords,
  runs: readonly RunFacts[],
  { units, site: { siteTitle } }: Surroundings,
): Promise<readonly PublishedComparison[]> {
  const inSite = new Set(runs.map(({ runId }) => runId));
  const hasRun = (runId: string) => inSite.has(runId);
  const published: PublishedComparison[] = [];
  for (const { file, stamp } of comparisons) {
    const id = `comparison:${stamp}`;
    const keyOf = ({ runIds }: PublishedComparison) => sha256(canonicalJson([stamp, siteTitle, runIds.filter(hasRun)]));
    const earlier = units.earlier(id) as PublishedComparison | undefined;
    if (earlier !== undefined && units.keep(id, keyOf(earlier))) {
      published.push(earlier);
      continue;
    }
    const folder = `comparisons/${stamp.slice(0, 16)}`;
    const { comparison, files } = await comparisonPages(file, folder, { siteTitle, hasRun });
    const writer = units.begin(id, keyOf(comparison), comparison);
    for (const { path, content } of files) writer.write(path, content);
    published.push(comparison);
  }
  return published.sort((left, right) => (left.title < right.title ? -1 : left.title > right.title ? 1 : 0));
}

function stampsOf({ reproduction }: ReproductionSource, stamps: ReadonlyMap<string, string>): readonly string[] {
  return reproduction.runs.map(({ runId }) => stamps.get(runId) ?? '');
}

function membershipLookup(suites: readonly PublishedSuite[]): (runId: string) => readonly Membership[] {
  const memberships = new Map<string, Membership[]>();
  for (const { slug, facts } of suites) {
    const labels = new Map(facts.arms.map(({ id, label }) => [id, label]));
    const suite = { label: slug, path: `suites/${slug}/index.html` };
    for (const { runId, arm } of facts.runs) {
      const membership = { suite, armLabel: labels.get(arm) ?? arm, smoke: facts.smoke };
      memberships.set(runId, [...(memberships.get(runId) ?? []), membership]);
    }
  }
  return (runId) => memberships.get(runId) ?? [];
}

interface KeptRun {
  readonly stamp: string;
  readonly facts: RunFacts;
}

async function publishRun({ runId, folder, stamp }: RunSource, surroundings: Surroundings): Promise<RunFacts> {
  const { units, site, stores, membershipsOf } = surroundings;
  const id = `run:${runId}`;
  const memberships = membershipsOf(runId);
  const keyOf = (imageSet: ImageSet | undefined) =>
    sha256(canonicalJson([stamp, memberships, imageSet?.key ?? '', site]));
  const kept = units.earlier(id) as KeptRun | undefined;
  if (kept?.stamp === stamp) {
    const imageSet = imageSetOf(kept.facts, stores);
    const imagesKept = imageSet === undefined || units.keep(`images:${imageSet.id}`, imageSet.key);
    if (imagesKept && units.keep(id, keyOf(imageSet))) return kept.facts;
  }
  const run = readFinishedRunIn(folder);
  const perImage = sampleScores(run.predictions);
  const facts = runFacts(run, perImage);
  const imageSet = imageSetOf(facts, stores);
  const state: KeptRun = { stamp, facts };
  const writer = units.begin(id, keyOf(imageSet), state);
  const images =
    imageSet === undefined ? await ownImages(run.examples, writer) : await setImages(imageSet, surroundings);
  writeRunPages({ folder, run, facts, perImage, memberships, images, site }, writer);
  return facts;
}

/** The images of a split, written when the first run needs them. */
async function setImages(imageSet: ImageSet, { units, loaded }: Surroundings): Promise<ReadonlyMap<string, SiteImage>> {
  const known = loaded.get(imageSet.id);
  if (known !== undefined) return known;
  const images = await imageSet.load();
  const unitId = `images:${imageSet.id}`;
  if (!units.keep(unitId, imageSet.key)) writeImages(images, units.begin(unitId, imageSet.key));
  const paths = withoutBytes(images);
  loaded.set(imageSet.id, paths);
  return paths;
}

async function ownImages(
  examples: Parameters<typeof exampleImages>[0],
  writer: ReturnType<SiteUnits['begin']>,
): Promise<ReadonlyMap<string, SiteImage>> {
  const images = await placeImages(await exampleImages(examples));
  writeImages(images, writer);
  return withoutBytes(images);
}

function writeImages(images: ReadonlyMap<string, PlacedImage>, { writeOnce }: ReturnType<SiteUnits['begin']>): void {
  for (const { files } of images.values()) for (const { path, bytes } of files) writeOnce(path, bytes);
}

/** The bytes are on disk; a site of many runs must not keep them in memory. */
function withoutBytes(images: ReadonlyMap<string, PlacedImage>): ReadonlyMap<string, SiteImage> {
  return new Map(
    [...images].map(([imageId, { path, thumbnail, width, height }]) => [imageId, { path, thumbnail, width, height }]),
  );
}

/** Of an earlier publish, unless the systems or their scores changed. */
function knownTieGroups(board: Board, units: SiteUnits, scoresOf: (runId: string) => SampleScores): TieGroups {
  const key = sha256(canonicalJson([board.measure, board.systems.map(({ system, runs }) => [system, runs])]));
  if (units.keep(board.id, key)) return units.earlier(board.id) as TieGroups;
  const groups = boardTieGroups(board, scoresOf);
  units.begin(board.id, key, groups);
  return groups;
}

/** Reads the `scores.json` that this or an earlier publish wrote, each once. */
function scoresInSite(root: string): (runId: string) => SampleScores {
  const known = new Map<string, SampleScores>();
  return (runId) => {
    const scores =
      known.get(runId) ?? (readJson(join(root, 'runs', runId, 'scores.json')) as { measures: SampleScores }).measures;
    known.set(runId, scores);
    return scores;
  };
}
