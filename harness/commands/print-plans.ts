/** Prints plans as text or JSON. */
import { UserError } from '../errors.js';
import { readFindings, readSuite } from '../suite/find-suite.js';
import { parameterCount } from '../suite/parameter-count.js';
import { type Plan, type PlanOptions, planSuite } from '../suite/plan.js';
import { stepCounts, totalSteps } from '../suite/shared-prefixes.js';
import type { SuiteOptions } from './options.js';

type Options = Pick<SuiteOptions, 'scale' | 'data' | 'seeds' | 'smoke' | 'json'> & { readonly finding?: string };

export function printPlans(file: string | undefined, { finding, data, json, scale, seeds, smoke }: Options): void {
  if ((file === undefined) === (finding === undefined)) {
    const what = file === undefined ? 'no suite is named' : 'both a suite file and --finding are given';
    const expected = 'SUITE.yaml or --finding N';
    throw new UserError({ code: 'usage', what, expected, mend: 'name one of the two' }, { exitCode: 2 });
  }
  const options: PlanOptions = {
    scale,
    smoke: smoke === true,
    ...(data === undefined ? {} : { dataSet: data }),
    ...(seeds === undefined ? {} : { seeds }),
  };
  const suites = file === undefined ? readFindings(finding ?? '') : [readSuite(file)];
  const plans = suites.map((suite) => planSuite(suite, options));
  if (json !== true) {
    process.stdout.write(plans.map(planText).join('\n'));
    return;
  }
  const documents = plans.map(planDocument);
  process.stdout.write(`${JSON.stringify(documents.length === 1 ? documents[0] : documents, null, 2)}\n`);
}

function planDocument(plan: Plan) {
  const { suite, dataSet, scale, smoke, hypotheses, runs, prefixes } = plan;
  return {
    suite: suite.id,
    dataSet,
    scale,
    smoke,
    hypotheses,
    steps: stepCounts(plan),
    runs: runs.map(({ arm, seed, config, prefix }) => ({
      arm,
      seed,
      steps: totalSteps(config),
      parameters: total(parameterCount(config.model)),
      ...(prefix === undefined ? {} : { prefix }),
      config,
    })),
    prefixes,
  };
}

function planText(plan: Plan): string {
  const { suite, dataSet, scale, smoke, hypotheses, arms, runs } = plan;
  const { config } = runs[0]!;
  const steps = stepCounts(plan);
  const rows = runs.map(({ arm, seed, config: { recipe }, prefix }, index) => {
    const masks = [...new Set(recipe.stages.map(({ attentionMask }) => attentionMask))].join(', ');
    const stages = recipe.stages.map((stage) => `${stage.name} ${stage.steps}`).join(', ');
    const shared = prefix === undefined ? '' : `, from step ${plan.prefixes[prefix]!.steps}`;
    return `  ${String(index + 1).padStart(3)}  ${arm}, seed ${seed}, steps ${stages}${shared}, mask ${masks}`;
  });
  return [
    `${suite.id}: ${suite.title}${smoke ? ' (smoke)' : ''}`,
    ...(suite.claim === undefined ? [] : [`  claim       ${suite.claim}`]),
    ...hypotheses.map((hypothesis) => `  decided by  ${hypothesisText(hypothesis)}`),
    `  data        ${dataSet}, scale ${scale}`,
    `  each step   ${config.recipe.batchSize} examples, ${total(parameterCount(config.model))} parameters`,
    `  steps       ${steps.shared}, of which shared stages save ${steps.alone - steps.shared}`,
    `  ${runs.length} runs, ${arms.length} arms`,
    ...rows,
    '',
  ].join('\n');
}

function hypothesisText(hypothesis: Plan['hypotheses'][number]): string {
  const { metric, direction, margin, alpha } = hypothesis;
  const compared =
    hypothesis.test === 'paired'
      ? `${hypothesis.treatment} ${direction} than ${hypothesis.control}`
      : `${direction} with more of ${hypothesis.factor}`;
  return `${metric}, ${compared}, margin ${margin}, alpha ${alpha}`;
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
