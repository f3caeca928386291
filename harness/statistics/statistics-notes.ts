/** One plain sentence for each statistical method, for the reports that use it. */

export interface StatisticsNote {
  readonly name: string;
  readonly sentence: string;
}

export type StatisticsMethod = keyof typeof notes;

/** The notes of the methods that a page uses, in the order of the list below. */
export function statisticsNotes(methods: readonly StatisticsMethod[]): readonly StatisticsNote[] {
  return (Object.keys(notes) as StatisticsMethod[])
    .filter((method) => methods.includes(method))
    .map((method) => notes[method]);
}

const notes = {
  pairedT: {
    name: 'Paired t test and interval',
    sentence:
      'The arms of a seed share whatever they do not vary by design (random weights, draws and order of the data), so the differences ' +
      'within seeds are averaged, and the interval says which mean differences are compatible with how much the seeds vary (n − 1 degrees of freedom). ' +
      'Where seeds stray much farther to one side than to the other, it covers less than stated: 89 instead of 95 % for exponential differences over 6 seeds.',
  },
  trend: {
    name: 'Trend over doses',
    sentence:
      "A straight line is laid through each seed's scores over the doses; what it gains from the least to the greatest dose is the " +
      'effect of that seed, and the effects of the seeds are tested like paired differences.',
  },
  signFlip: {
    name: 'Sign-flip test',
    sentence:
      'If nothing differed, each effect would be as likely to have the other sign; p is the share of all sign patterns whose mean ' +
      'lies at least as far from 0 as the observed one, without any assumption of a normal distribution.',
  },
  effectSize: {
    name: 'Effect size d_z',
    sentence:
      'The mean effect divided by its standard deviation over seeds: how steady the effect is, not how large it is for a reader.',
  },
  holm: {
    name: "Holm's correction",
    sentence:
      'With several primary claims the smallest p must stay below α divided by the number of claims, the next below α divided by ' +
      'one less, and so on, so that the chance of any wrong conclusion does not grow with the number of claims. ' +
      'Each kind of conclusion (a benefit, none of the margin, the opposite, equivalence) has its own order.',
  },
  equivalence: {
    name: 'Equivalence test (TOST)',
    sentence:
      'Two one-sided t tests ask whether the effect is smaller than the margin in both directions; only this test can say that ' +
      'there is no difference that matters.',
  },
  sequential: {
    name: 'Sequential looks',
    sentence:
      'Seeds that were declared beforehand are added while any claim is inconclusive, and each look uses only its planned part ' +
      'of α (Lan–DeMets spending of the O’Brien–Fleming kind), so that looking several times does not raise the error.',
  },
  detectable: {
    name: 'Minimum detectable effect',
    sentence:
      'The smallest true effect that the t test on this many seeds would find in 80 % of repetitions, computed from the spread ' +
      'of a pilot by the noncentral t distribution.',
  },
  imageBootstrap: {
    name: 'Paired bootstrap over images',
    sentence:
      'Both systems are scored on the same images, images are drawn anew 10,000 times with replacement, and the interval covers ' +
      'the middle 95 % of the resulting differences.',
  },
  imageSignFlip: {
    name: 'Sign-flip test over images',
    sentence:
      'The outputs of the two systems are exchanged at random image by image; p is the share of exchanges that differ at least ' +
      'as much as the two systems do.',
  },
  seedsAndImages: {
    name: 'Interval over seeds and images',
    sentence:
      'The uncertainty from the few seeds (a t interval) and that from the images are added as squares, so that the interval ' +
      'speaks about other seeds and other images alike.',
  },
  tieGroups: {
    name: 'Tie groups',
    sentence:
      'Systems that share a letter do not differ significantly from each other after Holm’s correction over all pairs.',
  },
} as const satisfies Readonly<Record<string, StatisticsNote>>;
