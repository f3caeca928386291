/**
 * From a decided finding to the view model of its report, by records alone: no data set, no engine, no network, no training.
 */
import { join, relative } from 'node:path';
import type { FindingReportView } from '../../reports/index.js';
import { type Reproduction, storeOf } from '../records/reproduction.js';
import { readRecordedAnswers } from '../records/run-record.js';
import { statisticsNotes } from '../statistics/statistics-notes.js';
import type { DataSetName } from '../suite/schema.js';
import { scopeOf } from '../suite/scope.js';
import type { DecidedFinding } from '../verdict/decide-finding.js';
import type { PlacedRun } from '../verdict/placed-runs.js';
import { isAboutConvergence, reportedMeasures, respondingMeasures } from '../verdict/reported-measures.js';
import { secondaryEvidence } from '../verdict/secondary-evidence.js';
import { armViews, factorViews } from './arm-views.js';
import { captionBaselineViews } from './caption-baseline-views.js';
import { caveats } from './caveats.js';
import { claimViews, methodsOf, secondaryViews } from './claim-views.js';
import { convergenceViews } from './convergence-views.js';
import { exampleViews } from './examples.js';
import { learntViews } from './learnt-views.js';
import { lossCurves } from './loss-curves.js';
import { outputSummaries } from './output-summaries.js';
import { pilotView } from './pilot-view.js';
import { powerViews } from './power-views.js';
import { provenanceLines } from './provenance-lines.js';
import { publishedViews } from './published-views.js';
import { recipeText } from './recipe-text.js';
import { responseViews } from './responses.js';
import { computeView, runView, scoreLabels, sharedTrainings, sharedTrainingViews } from './run-views.js';
import { scoreTables } from './score-tables.js';

/** Level of intervals where no claim states one. */
const usualLevel = 0.95;

/**
 * @param out the folder of the page, which its links start from
 * @throws UserError when a record is damaged, or when runs were scored in different ways
 */
export async function buildFindingView(
  finding: DecidedFinding,
  out: string = finding.folder,
): Promise<FindingReportView> {
  const { folder, reproduction, runs, decision, remarks } = finding;
  const { suite, hypotheses, smoke, scale, dataSet } = reproduction;
  const scope = scopeOf(suite, scale);
  const store = storeOf(folder);
  const shared = sharedTrainings(store, reproduction);
  const recordPath = (runId: string) => relative(out, join(store, 'runs', runId)).replaceAll('\\', '/');
  const outputs = outputSummaries(folder, reproduction);
  const reported = reportedMeasures(runs, hypotheses);
  const held = captionBaselineViews(outputs);
  const pilot = pilotView(reproduction);
  const level = hypotheses[0] === undefined ? usualLevel : 1 - hypotheses[0].alpha;

  return {
    schemaVersion: 2,
    smoke,
    suite: {
      id: suite.id,
      title: suite.title,
      claim: suite.claim ?? '',
      source: suite.source ?? { citation: '', url: '' },
      ...(scope === undefined ? {} : { scope }),
    },
    scale,
    dataSet: {
      name: dataSet.name,
      description: dataSet.description ?? suite.data[dataSet.name as DataSetName]?.description ?? '',
      fingerprint: dataSet.fingerprint,
    },
    ...(decision === undefined ? {} : { verdict: decision }),
    ...(decision === undefined && remarks.length > 0 ? { remarks } : {}),
    ...(reproduction.statedAfter === undefined ? {} : { statedAfterRuns: reproduction.statedAfter }),
    claims: claimViews(finding),
    factors: factorViews(reproduction),
    arms: armViews(reproduction, runs),
    scores: scoreTables(runs, reported, level),
    learnt: learntViews(outputs),
    ...(held.length === 0 ? {} : { captionBaselines: held }),
    secondary: secondaryViews(secondaryEvidence(reported, reproduction, runs)),
    responses: responseViews(reproduction, runs, { responding: respondingMeasures(reported, hypotheses), level }),
    power: powerViews(finding),
    ...(pilot === undefined ? {} : { pilot }),
    convergence: isAboutConvergence(hypotheses) ? convergenceViews(runs) : [],
    texts: reproduction.texts ?? [],
    curves: runs.flatMap(lossCurves),
    examples: await examplesOf(reproduction, runs, store),
    runs: runs.map((run) => runView(run, recordPath(run.runId))),
    sharedTrainings: sharedTrainingViews(shared, runs, recordPath),
    scoreLabels: scoreLabels(runs),
    published: suite.published === undefined ? [] : publishedViews(suite.published),
    statistics: statisticsNotes(methodsOf(finding)),
    recipe: recipeText(reproduction, runs),
    provenance: provenanceLines(runs),
    compute: computeView(runs, shared),
    caveats: caveats(reproduction, runs, outputs),
    command: reproduction.command,
  };
}

/** What every arm said at the first seed. */
async function examplesOf(
  { runs: [first] }: Reproduction,
  runs: readonly PlacedRun[],
  store: string,
): Promise<FindingReportView['examples']> {
  const shown = runs
    .filter(({ seed }) => seed === first?.seed)
    .map(({ arm, seed, runId }) => ({ arm, seed, ...readRecordedAnswers(store, runId) }));
  return exampleViews(shown[0]?.examples ?? [], shown, runs[0]!.identity.config.evaluation.split);
}
