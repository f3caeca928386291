/**
 * Which effects a suite can find with its seeds, from what is known about the spread over seeds: the least effect that each hypothesis's
 * t test tells from none, compared with the margin that the hypothesis asks for, and the least one that its verdict calls reproduced.
 */

import { number } from '../statistics/number-text.js';
import { minimumDetectableEffect, seedsNeeded } from '../statistics/power.js';
import { chancesWithLooks, type SequentialChances } from '../statistics/sequential-power.js';
import { seedsForPowerWithLooks } from '../statistics/sequential-seeds.js';
import { benefitInMargins, spreadUpperBound } from '../statistics/verdict-power.js';
import type { Plan } from '../suite/plan.js';
import type { Hypothesis } from '../suite/schema.js';

/** Probability with which an effect is to be found. */
const power = 0.8;
const mostSeeds = 1000;

/** What is known beforehand about the effects of single seeds. */
export interface Pilot {
  readonly standardDeviation: number;
  readonly source: string;
  /** Of the standard deviation; absent where only the suite states it. */
  readonly degreesOfFreedom?: number;
}

/** The chances of a verdict for one spread, on a claim by itself. */
export interface VerdictPower {
  readonly spread: 'estimate' | 'upper bound';
  readonly standardDeviation: number;
  /** That a benefit of the margin is ruled out where there is no effect, at any look. */
  readonly ruledOut: number;
  /** That an effect of 1.5 margins is reproduced, at any look. */
  readonly reproduced: number;
  /** Look by look, for no effect and for one of 1.5 margins; absent where nothing is decided before all seeds have run. */
  readonly looks?: { readonly withoutEffect: SequentialChances; readonly benefit: SequentialChances };
  /** Seeds with which both are as likely as `power`; null when 1000 do not suffice. */
  readonly seedsNeeded: number | null;
}

export interface DetectableEffect {
  readonly hypothesis: string;
  readonly metric: string;
  readonly margin: number;
  readonly seeds: number;
  readonly power: number;
  readonly pilot?: Pilot;
  /** Tested alone, and as the strictest step of Holm over all hypotheses where there are several; empty without a pilot. */
  readonly levels: readonly {
    readonly correction: 'none' | 'holm';
    readonly alpha: number;
    /** The minimum detectable effect of the t test. */
    readonly effect: number;
    /** The least effect that is called reproduced, for which the estimate has to reach the margin as well. */
    readonly reproduced: number;
    /** Seeds whose t test would tell an effect of the margin from none; null when 1000 do not suffice or the margin is 0. */
    readonly seedsNeeded: number | null;
  }[];
  /** At the strictest of these levels; absent without a pilot or a margin. The upper bound is that of 80 % confidence. */
  readonly verdict?: { readonly alpha: number; readonly powers: readonly VerdictPower[] };
}

/**
 * @param pilotOf undefined where nothing is known
 * @param looks seeds at each look, ascending, the last all of them
 */
export function detectableEffects(
  { hypotheses, seeds }: Pick<Plan, 'hypotheses' | 'seeds'>,
  pilotOf: (hypothesis: Hypothesis) => Pilot | undefined,
  looks: readonly number[] = [seeds.length],
): readonly DetectableEffect[] {
  const alpha = Math.min(...hypotheses.map((hypothesis) => hypothesis.alpha));
  const corrections = [
    { correction: 'none', alpha },
    ...(hypotheses.length > 1 ? [{ correction: 'holm', alpha: alpha / hypotheses.length } as const] : []),
  ] as const;
  const plan = { alpha: corrections.at(-1)!.alpha, looks };
  const chances = hypotheses.some(({ margin }) => margin > 0) ? chancesWithLooks(plan) : undefined;
  return hypotheses.map((hypothesis) => {
    const { id, metric, margin } = hypothesis;
    const pilot = pilotOf(hypothesis);
    const about = { hypothesis: id, metric, margin, seeds: seeds.length, power };
    if (pilot === undefined) return { ...about, levels: [] };
    const { standardDeviation } = pilot;
    const levels = corrections.map(({ correction, alpha: level }) => ({
      correction,
      alpha: level,
      effect: minimumDetectableEffect({ n: seeds.length, standardDeviation, alpha: level, power }),
      reproduced: minimumDetectableEffect({ n: seeds.length, standardDeviation, alpha: level, margin, power }),
      seedsNeeded:
        margin === 0
          ? null
          : (seedsNeeded({ effect: margin, standardDeviation, alpha: level, power, max: mostSeeds }) ?? null),
    }));
    if (margin === 0 || chances === undefined) return { ...about, pilot, levels };
    return { ...about, pilot, levels, verdict: verdictPowers(pilot, { ...plan, margin, chances }) };
  });
}

function verdictPowers(
  { standardDeviation, degreesOfFreedom }: Pilot,
  {
    alpha,
    looks,
    margin,
    chances,
  }: {
    readonly alpha: number;
    readonly looks: readonly number[];
    readonly margin: number;
    readonly chances: ReturnType<typeof chancesWithLooks>;
  },
): NonNullable<DetectableEffect['verdict']> {
  const powerOf = (spread: VerdictPower['spread'], deviation: number): VerdictPower => {
    const rule = { standardDeviation: deviation, margin };
    const [withoutEffect, benefit] = [0, benefitInMargins * margin].map(chances(rule));
    const { ruledOut, contradicted } = withoutEffect!;
    return {
      spread,
      standardDeviation: deviation,
      ruledOut: ruledOut + contradicted,
      reproduced: benefit!.reproduced,
      ...(looks.length < 2 ? {} : { looks: { withoutEffect: withoutEffect!, benefit: benefit! } }),
      seedsNeeded: seedsForPowerWithLooks({ ...rule, alpha, looks, power, max: mostSeeds }) ?? null,
    };
  };
  const estimate = powerOf('estimate', standardDeviation);
  if (degreesOfFreedom === undefined) return { alpha, powers: [estimate] };
  const bound = spreadUpperBound({ standardDeviation, degreesOfFreedom });
  return { alpha, powers: [estimate, powerOf('upper bound', bound)] };
}

/**
 * For a suite with a pilot file: one sentence for each claim that its seeds leave open more often than the power allows. Its text must say
 * so, and the sentence asks for that unless a caveat speaks of power.
 */
export function underpoweredWarnings(
  effects: readonly DetectableEffect[],
  caveats: readonly string[],
): readonly string[] {
  const isSaid = caveats.some((caveat) => /\b(?:under)?power/i.test(caveat));
  return effects.flatMap(({ hypothesis, seeds, verdict }) => {
    const [estimate] = verdict?.powers ?? [];
    if (estimate === undefined || Math.min(estimate.ruledOut, estimate.reproduced) >= power) return [];
    const { ruledOut, reproduced, seedsNeeded: needed } = estimate;
    const remedy = needed === null ? `even ${mostSeeds} seeds would not suffice` : `it would take ${needed} seeds`;
    return [
      `${hypothesis}: underpowered: with ${seeds} seeds the chance is ${share(ruledOut)} to rule the margin out where there is no effect, and ` +
        `${share(reproduced)} to reproduce an effect of ${benefitInMargins} margins; for ${share(power)} of both ${remedy}` +
        `${isSaid ? '' : '; the suite must say so in its caveats'}.`,
    ];
  });
}

/** A probability in whole percent. */
export const share = (probability: number): string => `${Math.round(probability * 100)} %`;

/** One sentence for each hypothesis whose margin is too small an effect for the seeds, at the strictest level. */
export function powerWarnings(effects: readonly DetectableEffect[]): readonly string[] {
  return effects.flatMap(({ hypothesis, metric, margin, seeds, levels }) => {
    const strictest = levels.at(-1);
    if (strictest === undefined || margin === 0 || strictest.effect <= margin) return [];
    const { alpha, effect, seedsNeeded: needed } = strictest;
    const remedy =
      needed === null
        ? `even ${mostSeeds} seeds would not tell an effect of the margin from none`
        : `it would take ${needed} seeds to tell an effect of the margin from none`;
    return [
      `${hypothesis}: with ${seeds} seeds only an effect of ${number(effect)} or more (${metric}) is told from none with a probability of ` +
        `${power * 100} % at α = ${number(alpha)}; that is more than the margin of ${number(margin)}, and ${remedy}.`,
    ];
  });
}
