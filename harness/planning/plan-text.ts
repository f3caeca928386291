/** A plan as text for the terminal: what is trained as a tree, what it costs, and what it can find. */
import { logLines } from '../log-text.js';
import { number } from '../statistics/number-text.js';
import type { LookChances } from '../statistics/sequential-power.js';
import { benefitInMargins } from '../statistics/verdict-power.js';
import { type DetectableEffect, share, type VerdictPower } from './detectable-effects.js';
import type { EngineTime } from './engine-times.js';
import { executorText } from './executor-text.js';
import type { ArmSizes, PlanDocument } from './plan-document.js';
import { durationText, quantityText } from './quantities.js';

export function planText(plan: PlanDocument): string {
  const { suite, title, smoke, claim, dataSet, scale, hypotheses, arms, steps, totals } = plan;
  const runs = plan.nodes.filter(({ kind }) => kind === 'run');
  const shared = plan.nodes.length - runs.length;
  const recorded = plan.nodes.filter((node) => node.recorded).length;
  return logLines([
    `${suite}: ${title}${smoke ? ' (smoke)' : ''}`,
    ...(claim === undefined ? [] : [row('claim', claim)]),
    ...hypotheses.map((hypothesis) => row('measured by', hypothesisText(hypothesis))),
    ...(plan.looks === undefined
      ? []
      : [row('looks', `after ${plan.looks.join(', ')} seeds; it ends early once every claim is decided`)]),
    row('data', `${dataSet}, scale ${scale}`),
    ...byArms(arms, ({ parameters }) => parametersText(parameters)).map((text) => row('parameters', text)),
    row(
      'training',
      `${plural(runs.length, 'run')} and ${plural(shared, 'shared beginning')}, ${steps.shared} steps of ${stepText(arms)}; ` +
        `sharing saves ${steps.saved} steps of ${steps.alone}`,
    ),
    row('tokens', quantityText(totals.tokens)),
    row('cost', costText(totals)),
    row('disk', quantityText(totals.recordBytes, 'B')),
    row('memory', memoryText(plan.memory)),
    row('recorded', `${recorded} of ${plan.nodes.length}`),
    ...plan.engines.map((engine) => row(`on ${engine.engine}`, engineText(engine))),
    ...plan.executors.map((executor) => row(`by ${executor.executor}`, executorText(executor))),
    ...plan.detectable.map((effect) => row('can find', detectableText(effect))),
    ...plan.detectable.flatMap((effect) => verdictLines(effect, plan).map((text) => row('decides', text))),
    ...treeLines(plan).map((line) => `  ${line}`),
    ...plan.warnings.map((warning) => `  warning: ${warning}`),
    '',
  ]);
}

/** What is said of every arm, once where it is the same for all, else with the arms that it holds for. */
function byArms(arms: readonly ArmSizes[], say: (arm: ArmSizes) => string): readonly string[] {
  const texts = [...new Set(arms.map(say))];
  if (texts.length === 1) return texts;
  return texts.map((text) => {
    const meant = arms.filter((arm) => say(arm) === text).map(({ arm }) => arm);
    return `${text} in ${meant.join(', ')}`;
  });
}

function stepText(arms: readonly ArmSizes[]): string {
  return byArms(arms, ({ batchSize, batchSizes: sizes }) => {
    const [largest = batchSize, ...smaller] = sizes.toReversed();
    return [...smaller.toReversed(), plural(largest, 'example')].join(' or ');
  }).join(' and of ');
}

function parametersText({ total, vision, connector, language }: ArmSizes['parameters']): string {
  return `${quantityText(total)} (vision ${quantityText(vision)}, connector ${quantityText(connector)}, language ${quantityText(language)})`;
}

const row = (name: string, text: string): string => `  ${name.padEnd(14)}${text}`;
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function costText({ trainingFlops, validationFlops, responseFlops, responses }: PlanDocument['totals']): string {
  const flops = (value: number) => quantityText(value, 'FLOP');
  return `${flops(trainingFlops)} training, ${flops(validationFlops)} validation, ${flops(responseFlops)} for ${responses} captions and answers`;
}

function memoryText({ engine, processes, total, data, parameters, activations }: PlanDocument['memory']): string {
  const bytes = (value: number) => quantityText(value, 'B');
  const divided = processes === 1 ? '' : ` in ${processes} processes, each of ${bytes(total / processes)}`;
  return `about ${bytes(total)} at the peak of a run on ${engine}${divided}: ${bytes(data)} data, ${bytes(parameters)} parameters, ${bytes(activations)} activations, the rest the process`;
}

function engineText({ engine, available, reason, remedy, calibration, seconds }: EngineTime): string {
  if (!available) return `unavailable: ${[reason, remedy].join(' ')}`;
  if (calibration === undefined) return 'not measured here yet: --calibrate does, in about ten seconds';
  if (seconds === undefined) return 'measured without one of these kinds of stage: --calibrate measures them';
  const { jobs, wall, remaining, work } = seconds;
  const speeds = Object.entries(calibration.training).map(
    ([kind, rate]) => `${quantityText(rate, 'FLOP/s')} training ${kind}`,
  );
  const left = leftText(wall, remaining);
  const { peakMemoryBytes } = calibration;
  const memory = peakMemoryBytes === undefined ? '' : `; ${quantityText(peakMemoryBytes, 'B')} at the peak`;
  // Of the engines only `wasm` is sure to keep a processor busy on its own.
  const busy = engine === 'wasm' && calibration.processorShare < 0.7;
  const caution = busy ? '; other work slowed the measurement: renew it on an idle machine with --calibrate' : '';
  return (
    `about ${durationText(wall)} with ${plural(jobs, 'job')}${left} ` +
    `(${durationText(work)} of work; ${speeds.join(', ')}${memory})${caution}`
  );
}

/** What is recorded need not be done again. */
export function leftText(wall: number, remaining: number): string {
  if (remaining === wall) return '';
  return remaining === 0 ? ', of which nothing is left to do' : `, of which ${durationText(remaining)} are left to do`;
}

function detectableText({ hypothesis, margin, seeds, power, pilot, levels }: DetectableEffect): string {
  if (pilot === undefined) return `${hypothesis}: unknown, as nothing tells how much seeds differ`;
  const effects = levels.map(({ correction, alpha, effect, reproduced }) => {
    const level = correction === 'holm' ? `${number(alpha)} (Holm)` : number(alpha);
    return `tells an effect of ${number(effect)} from none and calls one of ${number(reproduced)} reproduced at α = ${level}`;
  });
  return (
    `${hypothesis}: ${effects.join('; ')}; with a probability of ${power * 100} % over ${plural(seeds, 'seed')} at once; ` +
    `margin ${number(margin)}, which itself is reproduced at most half the time; seeds differ by ` +
    `${number(pilot.standardDeviation)} (${pilot.source})`
  );
}

/** One line for each spread, with what deciding would take, and one for each look before the end. */
function verdictLines(
  { hypothesis, seeds, power, verdict }: DetectableEffect,
  { engines }: Pick<PlanDocument, 'engines'>,
): readonly string[] {
  const measured = engines.find(({ seconds }) => seconds !== undefined);
  const time = (count: number): string =>
    measured?.seconds === undefined
      ? ''
      : ` (about ${durationText((measured.seconds.wall * count) / seeds)} on ${measured.engine})`;
  return (verdict?.powers ?? []).flatMap(({ spread, standardDeviation, ruledOut, reproduced, looks, seedsNeeded }) => {
    const differ =
      spread === 'estimate' ? 'seeds that differ by' : 'the upper bound of 80 % confidence of that spread,';
    const needed = seedsNeeded === null ? 'more than 1000 seeds' : `${plural(seedsNeeded, 'seed')}${time(seedsNeeded)}`;
    const inAll =
      `${hypothesis}: over ${plural(seeds, 'seed')}${time(seeds)} with ${differ} ${number(standardDeviation)}, the margin is ruled out with a ` +
      `probability of ${share(ruledOut)} where there is no effect, and an effect of ${benefitInMargins} margins is reproduced with one of ` +
      `${share(reproduced)}, at α = ${number(verdict!.alpha)}; ${share(power)} of both takes ${needed}`;
    return looks === undefined ? [inAll] : [inAll, ...lookLines({ hypothesis, standardDeviation, looks })];
  });
}

/** When it ends, and with which word, for the claim by itself. */
function lookLines({
  hypothesis,
  standardDeviation,
  looks: { withoutEffect, benefit },
}: Required<Pick<VerdictPower, 'standardDeviation' | 'looks'>> &
  Pick<DetectableEffect, 'hypothesis'>): readonly string[] {
  const at = (look: LookChances): string =>
    `${share(look.ruledOut)} ruled out, ${share(look.contradicted)} contradicted, ${share(look.reproduced)} reproduced`;
  return [
    ['without an effect', withoutEffect] as const,
    [`with one of ${benefitInMargins} margins`, benefit] as const,
  ].map(
    ([condition, { looks, inconclusive, expectedSeeds }]) =>
      `${hypothesis}: seeds that differ by ${number(standardDeviation)}, ${condition}: ` +
      `${looks.map((look) => `after ${plural(look.seeds, 'seed')} ${at(look)}`).join('; ')}; ${share(inconclusive)} inconclusive; ` +
      `${number(expectedSeeds)} seeds on average`,
  );
}

function hypothesisText(hypothesis: PlanDocument['hypotheses'][number]): string {
  const { metric, direction, margin, alpha } = hypothesis;
  const compared =
    hypothesis.test === 'paired'
      ? `${hypothesis.treatment} ${direction} than ${hypothesis.control}`
      : `${direction} with more of ${hypothesis.factor}`;
  return `${metric}, ${compared}, margin ${margin}, alpha ${alpha}`;
}

/** Forks stand below what they fork from. */
function treeLines({ nodes, edges }: PlanDocument): readonly string[] {
  const forkedFrom = new Map(edges.map(({ from, to }) => [to, from]));
  const linesOf = (parent: string | undefined, indent: string): readonly string[] => {
    const children = nodes.filter(({ id }) => forkedFrom.get(id) === parent);
    return children.flatMap((node, index) => {
      const last = index === children.length - 1;
      const [branch, below] = parent === undefined ? ['', ''] : last ? ['└─ ', '   '] : ['├─ ', '│  '];
      return [`${indent}${branch}${nodeText(node)}`, ...linesOf(node.id, `${indent}${below}`)];
    });
  };
  return linesOf(undefined, '');
}

function nodeText({ title, stages, tokens, trainingFlops, recorded }: PlanDocument['nodes'][number]): string {
  const steps = stages.map(({ name, steps }) => `${name} ${steps}`).join(' + ');
  const cost = `${quantityText(tokens)} tokens, ${quantityText(trainingFlops, 'FLOP')}`;
  return `${title}: ${steps || 'no further steps'} (${cost})${recorded ? ', recorded' : ''}`;
}
