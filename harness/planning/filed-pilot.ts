/** The spread over seeds as the pilot file beside a suite shows it. */
import { meanOfEffects } from '../statistics/effect-statistics.js';
import type { Plan } from '../suite/plan.js';
import type { Hypothesis } from '../suite/schema.js';
import { pilotEvidence } from '../verdict/pilot-evidence.js';
import type { Pilot } from './detectable-effects.js';

/** @returns undefined without a pilot of the plan's data set, and for a claim whose seeds all had the same effect */
export function filedPilots({ suite, arms, dataSet, origin }: Plan): (hypothesis: Hypothesis) => Pilot | undefined {
  const pilot = origin?.pilot?.content;
  if (pilot === undefined || pilot.dataSet !== dataSet) return () => undefined;
  return (hypothesis) => {
    const about = { suite, arms: arms.map((arm) => ({ ...arm })) };
    const { effects, magnitude } = pilotEvidence(hypothesis, about, pilot);
    const { standardDeviation } = meanOfEffects(effects, magnitude);
    if (standardDeviation === 0) return undefined;
    const source = `${effects.length} seeds of the pilot of ${pilot.ran}, on the validation split`;
    return { standardDeviation, source, degreesOfFreedom: effects.length - 1 };
  };
}
