/** Prints plans as text or JSON. */
import { UserError } from '../errors.js';
import { readFindings, readSuite } from '../suite/find-suite.js';
import { parameterCount } from '../suite/parameter-count.js';
import { type Plan, type PlanOptions, planSuite } from '../suite/plan.js';
import type { SuiteOptions } from './options.js';

type Options = Pick<SuiteOptions, 'scale' | 'data' | 'seeds' | 'smoke' | 'json'> & { readonly finding?: string };

export function printPlans(file: string | undefined, { finding, data, json, scale, seeds, smoke }: Options): void {
  if ((file === undefined) === (finding === undefined)) {
    const what = file === undefined ? 'no suite is named' : 'both a suite file and --finding are given';
    const expected = 'SUITE.yaml or --finding N';
    throw new UserError({ code: 'usage', what, expected, mend: 'name one of the two' }, { exitCode: 2 });
  }
  const options: PlanOptions = {
    dataSet: data,
    scale,
    smoke: smoke === true,
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

function planDocument({ suite, dataSet, scale, smoke, hypothesis, runs }: Plan) {
  return {
    suite: suite.id,
    dataSet,
    scale,
    smoke,
    hypothesis,
    runs: runs.map(({ arm, seed, config }) => ({
      arm,
      seed,
      steps: stepsOf(config),
      parameters: total(parameterCount(config.model)),
      config,
    })),
  };
}

function planText(plan: Plan): string {
  const { suite, dataSet, scale, smoke, hypothesis, runs } = plan;
  const { config } = runs[0]!;
  const stages = config.recipe.stages.map(
    ({ name, steps, trainable }) => `${name} (${steps} steps: ${trainable.join(', ')})`,
  );
  const rows = runs.map(({ arm, seed, config: { recipe } }, index) => {
    const masks = [...new Set(recipe.stages.map(({ attentionMask }) => attentionMask))].join(', ');
    return `  ${String(index + 1).padStart(3)}  ${arm}, seed ${seed}, mask ${masks}`;
  });
  return [
    `${suite.id}: ${suite.title}${smoke ? ' (smoke)' : ''}`,
    `  claim       ${suite.claim}`,
    `  decided by  ${hypothesis.metric}, ${hypothesis.treatment} ${hypothesis.direction} than ${hypothesis.control}, margin ${hypothesis.margin}, alpha ${hypothesis.alpha}`,
    `  data        ${dataSet}, scale ${scale}`,
    `  each run    ${stepsOf(config)} steps of ${config.recipe.batchSize} examples, ${total(parameterCount(config.model))} parameters`,
    `  stages      ${stages.join(', ')}`,
    `  ${runs.length} runs`,
    ...rows,
    '',
  ].join('\n');
}

function stepsOf({ recipe }: Plan['runs'][number]['config']): number {
  return recipe.stages.reduce((sum, { steps }) => sum + steps, 0);
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
