/** Prints plans as text or JSON: of the embedded scale with the data read, of the paper scale with as much of it as is there. */
import { torchSettings } from '../../reference-model/engines/torch/settings.js';
import { openPretrainedParts } from '../../reference-model/weights/pretrained-parts.js';
import { UserError } from '../errors.js';
import { strictly } from '../files/read-input.js';
import { printJson, printNote, printText } from '../log-text.js';
import { measuredPaperPlan, type PaperKnowledge, type PaperPlan } from '../planning/paper-plan.js';
import { paperText } from '../planning/paper-text.js';
import type { PlanDocument } from '../planning/plan-document.js';
import { leftText, planText } from '../planning/plan-text.js';
import { durationText } from '../planning/quantities.js';
import { absolutePlace } from '../run/load-data-sets.js';
import { findingFiles, namedSuiteFile } from '../suite/find-suite.js';
import { paperScaleOf } from '../suite/paper-settings.js';
import { type PlanOptions, planSuite } from '../suite/plan.js';
import { readStatedSuite, type StatedSuite } from '../suite/stated-suite.js';
import { executorSettings } from './choose-executor.js';
import { chosenData } from './chosen-data.js';
import type { SuiteOptions } from './options.js';

export type PlanCommandOptions = Omit<SuiteOptions, 'require'> & {
  readonly finding?: string;
  readonly full?: true;
  readonly calibrate?: true;
  /** TFLOP/s that one device was measured to reach. */
  readonly throughput?: number;
};

export async function printPlans(fileOrId: string | undefined, options: PlanCommandOptions): Promise<void> {
  const { scale, json } = options;
  const settings = executorSettings(options);
  if (scale === 'paper') requirePaperOptions(options);
  else refusePaperOptions(options);
  const suites = suitesOf(fileOrId, options);
  if (scale === 'paper') {
    const knowledge = paperKnowledge(suites, options);
    const plans: PaperPlan[] = [];
    for (const { suite } of suites) plans.push(await measuredPaperPlan(suite, planOptions(options), knowledge));
    if (json === true) printJson(oneOrAll(plans));
    else printText(plans.map(paperText).join('\n'));
    return;
  }
  const data = options.data === undefined || scale !== 'small' ? undefined : chosenData(options.data);
  const chosen = { ...planOptions(options), scale, ...(data === undefined ? {} : { dataSet: data.card.name }) };
  // Everything is planned before anything is measured: bad input is met at once.
  const plans = suites.map(({ suite, origin }) => planSuite(suite, { ...chosen, origin }));
  const { planDocument } = await import('../planning/plan-document.js');
  const documents: PlanDocument[] = [];
  for (const plan of plans) {
    const { engine, out, dataRoot, workers, allowBroken, jobs } = options;
    const document = await planDocument(plan, {
      engine,
      out,
      executorSettings: settings,
      calibrate: options.calibrate === true,
      onCalibration: (name) => printNote(`measuring how fast ${name} trains the stages of ${plan.suite.id} …`),
      ...absolutePlace({ dataRoot, workers, allowBroken, declaration: data?.declaration }),
      ...(jobs === undefined ? {} : { jobs }),
    });
    documents.push(document);
  }
  if (json === true) printJson(oneOrAll(documents));
  else printText([...documents.map(planText), ...sumLines(documents)].join('\n'));
}

/** Weights that are named are held against the suite, and tell how texts are laid out. */
function paperKnowledge(
  suites: readonly StatedSuite[],
  { dataRoot, weights, throughput }: PlanCommandOptions,
): PaperKnowledge {
  const { shardOptimizer, devices } = torchSettings();
  const known = {
    ...(dataRoot === undefined ? {} : { dataRoot }),
    ...(throughput === undefined ? {} : { throughput }),
    ...(shardOptimizer ? { shardedOver: devices > 1 ? devices : ('all' as const) } : {}),
  };
  if (weights === undefined) return known;
  return strictly(() => {
    const pretrained = openPretrainedParts(weights);
    for (const { suite } of suites) pretrained.requireModel(paperScaleOf(suite).model);
    for (const { part, name, digest } of pretrained.parts) printNote(`weights: ${part} ${name}, digest ${digest}`);
    return { ...known, reader: pretrained.reader };
  });
}

/** @throws UserError `usage` for what can be asked of the paper scale only */
function refusePaperOptions({ weights, throughput }: PlanCommandOptions): void {
  const given = weights !== undefined ? '--weights' : throughput !== undefined ? '--throughput' : undefined;
  if (given === undefined) return;
  throw new UserError(
    {
      code: 'usage',
      what: `${given} says nothing of this scale`,
      expected: '--scale paper',
      fix: `leave out ${given}, or plan the paper scale`,
    },
    { exitCode: 2 },
  );
}

/** @throws UserError `usage` for what can be asked of the embedded scale only */
function requirePaperOptions({ calibrate, smoke }: PlanCommandOptions): void {
  const refuse = (what: string, flag: string): never => {
    const fix = `leave out ${flag}, or plan the embedded scale`;
    throw new UserError({ code: 'usage', what, expected: '--scale embedded', fix }, { exitCode: 2 });
  };
  if (calibrate === true) {
    refuse('the paper scale cannot be calibrated here: its hardware and utilisation stand in the suite', '--calibrate');
  }
  if (smoke === true)
    refuse('the paper scale has no smoke runs: the suite shortens the embedded scale only', '--smoke');
}

function suitesOf(fileOrId: string | undefined, { finding, full }: PlanCommandOptions): readonly StatedSuite[] {
  if ((fileOrId === undefined) === (finding === undefined)) {
    const what = fileOrId === undefined ? 'no suite is named' : 'both a suite and --finding are given';
    const expected = 'SUITE.yaml or --finding N';
    throw new UserError({ code: 'usage', what, expected, fix: 'name one of the two' }, { exitCode: 2 });
  }
  const files =
    fileOrId === undefined ? findingFiles(finding ?? '', { full: full === true }) : [namedSuiteFile(fileOrId)];
  return files.map(readStatedSuite);
}

function planOptions({ smoke, data, seeds }: PlanCommandOptions): PlanOptions {
  return {
    smoke: smoke === true,
    ...(data === undefined ? {} : { dataSet: data }),
    ...(seeds === undefined ? {} : { seeds }),
  };
}

function oneOrAll(documents: readonly (PlanDocument | PaperPlan)[]): unknown {
  return documents.length === 1 ? documents[0] : documents;
}

/** Suites are executed one after the other. */
function sumLines(documents: readonly PlanDocument[]): readonly string[] {
  if (documents.length < 2) return [];
  const engines = documents[0]!.engines.map(({ engine }) => engine);
  return engines.flatMap((engine) => {
    const seconds = documents.flatMap((document) => {
      const time = document.engines.find((candidate) => candidate.engine === engine)?.seconds;
      return time === undefined ? [] : [time];
    });
    if (seconds.length < documents.length) return [];
    const wall = seconds.reduce((sum, time) => sum + time.wall, 0);
    const remaining = seconds.reduce((sum, time) => sum + time.remaining, 0);
    const left = leftText(wall, remaining);
    return [`all ${documents.length} suites on ${engine}: about ${durationText(wall)}${left}\n`];
  });
}
