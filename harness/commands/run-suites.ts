/** What `reproduce` and `run` do with their suites: execute, write the report, print the verdict and last the report's path. */
import { join, resolve } from 'node:path';
import { rankPlace } from '../../reference-model/engines/torch/rank-place.js';
import { UserError } from '../errors.js';
import type { ExecutorSettings } from '../execution/executor-settings.js';
import { type Interruption, withInterruption } from '../execution/interruption.js';
import { type FinishedReproduction, reproduce } from '../experiment/reproduce.js';
import { planLooks, reproduceUntilDecided } from '../experiment/until-decided.js';
import { printJsonText, printNote } from '../log-text.js';
import { statementOf } from '../records/statement.js';
import { writeFindingsIndex } from '../report/findings-index.js';
import { type ReportOptions, type WrittenReport, writeReport } from '../report/write-report.js';
import { absolutePlace } from '../run/load-data-sets.js';
import { paperScaleOf } from '../suite/paper-settings.js';
import type { Plan, PlanOptions } from '../suite/plan.js';
import type { StatedSuite } from '../suite/stated-suite.js';
import type { SuiteOrigin } from '../suite/suite-origin.js';
import { type DecidedFinding, decideFinding, lookOutcome, quotedVerdicts } from '../verdict/decide-finding.js';
import { plainVerdicts } from '../verdict/plain-words.js';
import { executorSettings, executorStarter } from './choose-executor.js';
import { type ChosenData, chosenData } from './chosen-data.js';
import { commandFor, type SuiteOptions } from './options.js';
import { checkRequirements, unmetRequirements } from './requirements.js';
import { useByDefault } from './torch-options.js';

export async function runSuites(suites: readonly StatedSuite[], options: SuiteOptions): Promise<void> {
  const { json = false, out, untilDecided } = options;
  requireAlone();
  // Everything is planned before anything is trained: what is wrong with the last suite is not learned after hours.
  checkRequirements(
    options.require ?? [],
    suites.map(({ suite }) => suite),
  );
  const data = options.data === undefined || options.scale === 'embedded' ? undefined : chosenData(options.data);
  const chosen = { ...planOptions(options), ...(data === undefined ? {} : { dataSet: data.card.name }) };
  const plans = suites.map(({ suite, origin }) => planLooks(suite, untilDecided, { ...chosen, origin }));
  const settings = executorSettings(options);
  if (options.scale === 'paper') await preparePaper(plans, { ...options, executor: settings.executor }, data);
  for (const { suite, origin } of suites) warnOfOrder(suite.id, origin, options);
  if (options.printJobs === true) {
    const { printJobs } = await import('./print-jobs.js');
    await printJobs(plans, options, { declaration: data?.declaration });
    return;
  }
  const under = suites.length > 1 ? { landingPage: join(resolve(out), 'index.html') } : {};
  const reports: WrittenReport[] = [];
  // One interruption for all, so that a stop request between two suites is heard as well.
  await withInterruption(async (interruption) => {
    const execution = { ...options, ...under, settings, ...(data === undefined ? {} : { chosen: data }) };
    for (const looks of plans) reports.push(await reportOn(looks, execution, interruption));
  });
  if (reports.length > 1) printNote(writeFindingsIndex(resolve(out), reports).page);
  if (json) printJsonText(document(reports.map((report) => report.json.trimEnd())));
}

/** What the scale states of the engine holds where no flag says otherwise; then everything that is missing is told at once. */
async function preparePaper(
  plans: readonly (readonly Plan[])[],
  { engine, executor, dataRoot, weights }: Omit<SuiteOptions, 'executor'> & Pick<ExecutorSettings, 'executor'>,
  data: ChosenData | undefined,
): Promise<void> {
  const { requirePaperNeeds } = await import('../planning/paper-needs.js');
  const longest = plans.map((looks) => looks.at(-1)!);
  for (const { suite } of longest) useByDefault(paperScaleOf(suite));
  const place = absolutePlace({ dataRoot, weights, declaration: data?.declaration });
  await requirePaperNeeds(longest, { ...place, engine, executor });
}

/** A suite is many runs, each of which a launcher's processes would start anew. */
function requireAlone(): void {
  if (rankPlace() === undefined) return;
  const problem = {
    code: 'usage',
    what: 'this command performs many runs, and was started as one of several ranks of one run (RANK and WORLD_SIZE are set)',
    expected: '`vlm-bench train` or `vlm-bench perform` under torchrun, srun or PyTorchJob',
    fix: 'start the command once, with --devices N on one machine or --executor slurm|kubernetes for several',
  } as const;
  throw new UserError(problem, { exitCode: 2 });
}

/** A suite with a pilot decides only on runs that are started when both are committed: better said before hours of training than after. */
function warnOfOrder(id: string, origin: SuiteOrigin, { smoke }: SuiteOptions): void {
  if (smoke === true || origin.pilot === undefined || statementOf(origin).committed) return;
  printNote(
    `warning: ${id} or its pilot is not committed as it stands here: these runs will not decide; commit both first to get a verdict`,
  );
}

type ExecutionOptions = SuiteOptions & { readonly settings: ExecutorSettings; readonly chosen?: ChosenData };

/** @param looks the plan, or those of every look until the finding is decided */
async function reportOn(
  looks: readonly Plan[],
  { landingPage, ...options }: ExecutionOptions & Pick<ReportOptions, 'landingPage'>,
  interruption: Interruption,
): Promise<WrittenReport> {
  const finding = await execute(looks, options, interruption);
  const report = await writeReport(finding, landingPage === undefined ? {} : { landingPage });
  for (const unmet of unmetRequirements(options.require ?? [], finding)) {
    process.exitCode = 1;
    printNote(`error: ${unmet}`);
  }
  printVerdict(finding);
  printNote(report.page);
  return report;
}

async function execute(
  looks: readonly Plan[],
  { settings, chosen, ...options }: ExecutionOptions,
  interruption: Interruption,
): Promise<DecidedFinding> {
  const [first] = looks;
  const { engine, out, dataRoot, weights, workers, allowBroken, jobs } = options;
  const place = absolutePlace({ dataRoot, weights, workers, allowBroken, declaration: chosen?.declaration });
  const common = {
    engine,
    out,
    interruption,
    command: commandFor(first!.suite.id),
    ...place,
    ...(chosen === undefined ? {} : { dataDescription: chosen.card.description }),
    startExecutor: executorStarter(settings, options, async () => {
      const { longestRunSeconds } = await import('../planning/longest-run.js');
      return longestRunSeconds(looks.at(-1)!, { engine, ...place });
    }),
    ...(jobs === undefined ? {} : { jobs }),
  };
  const decideOn = ({ folder, reproduction }: FinishedReproduction) => decideFinding(folder, reproduction);
  if (looks.length === 1) return decideOn(await reproduce(first!, common));
  let latest: DecidedFinding | undefined;
  const finished = await reproduceUntilDecided(looks, {
    ...common,
    decide: (look) => {
      latest = decideOn(look);
      return lookOutcome(latest);
    },
    onOpen: async () => {
      await writeReport(latest!);
      printVerdict(latest!);
    },
  });
  return latest ?? decideOn(finished);
}

function printVerdict(finding: DecidedFinding): void {
  for (const line of [...plainVerdicts(finding), ...quotedVerdicts(finding)]) printNote(line);
}

function planOptions({ data, scale, seeds, smoke }: SuiteOptions): PlanOptions {
  return {
    scale,
    smoke: smoke === true,
    ...(data === undefined ? {} : { dataSet: data }),
    ...(seeds === undefined ? {} : { seeds }),
  };
}

/** The report of one suite, or those of several as one document. */
function document(reports: readonly string[]): string {
  return reports.length === 1 ? reports[0]! : `{"findings": [${reports.join(',\n')}]}`;
}
