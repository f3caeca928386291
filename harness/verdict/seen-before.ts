/** What had been seen of the outcome when a hypothesis was written down: a verdict that follows it is worth less than its level says. */
import { hypothesesDigest, seedCount } from '../records/registration.js';
import type { EarlierDecision, Reproduction } from '../records/reproduction.js';

/** One sentence for each thing that had been seen; none where the hypothesis was first. */
export function whatWasSeenBefore(reproduction: Reproduction): readonly string[] {
  const { statedAfter = 0, decidedBefore = [], runs } = reproduction;
  return [
    ...(statedAfter === 0
      ? []
      : [
          `When this was written down, ${statedAfter} of the ${runs.length} runs were finished: what decides may have been chosen after ` +
            'their scores were seen.',
        ]),
    ...(decidedBefore.length === 0
      ? []
      : [
          `It had been decided in this results folder before: ${decidedBefore.map((decision) => described(decision, reproduction)).join('; ')}. ` +
            'Taken together, the chance of a wrong conclusion is larger than α.',
        ]),
  ];
}

function described({ seeds, looks, hypotheses, recipe }: EarlierDecision, reproduction: Reproduction): string {
  const differences = [
    ...(hypotheses === hypothesesDigest(reproduction) ? [] : ['by another rule']),
    ...(recipe === reproduction.recipe ? [] : ['on runs of another recipe']),
    ...(looks.length === 0 ? [] : [`as one of the planned looks at ${looks.join(', ')}`]),
  ];
  const own = seedCount(reproduction) === seeds ? 'the same' : `${seeds}`;
  return [`with ${own} seeds`, ...differences].join(', ');
}
