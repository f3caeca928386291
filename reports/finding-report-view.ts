/**
 * The view model of a finding's report: every number, word and picture that the page shows, as plain JSON.
 * The harness builds it from records; the page and `report.json` are two renderings of it.
 */
import type {
  CaptionBaselineView,
  ConvergenceView,
  LearntPartView,
  LossCurveView,
  TextStatisticsView,
} from './learning-view.js';

export type * from './learning-view.js';

export interface FindingReportView {
  readonly schemaVersion: 2;
  /** Stamped over the page: a smoke run only checks that the pipeline runs. */
  readonly smoke: boolean;
  readonly suite: {
    readonly id: string;
    readonly title: string;
    readonly claim: string;
    readonly source: SourceView;
    /** What was tested, in one sentence that stands wherever the verdict is quoted; absent where the suite states none. */
    readonly scope?: string;
  };
  readonly scale: 'embedded' | 'small' | 'paper';
  readonly dataSet: { readonly name: string; readonly description: string; readonly fingerprint: string };
  /** Of the whole finding, over its claims; absent for a benchmark, and where each claim has a verdict of its own. */
  readonly verdict?: VerdictView;
  /** What is to be known of every verdict, where each claim has its own. */
  readonly remarks?: readonly string[];
  /** One per hypothesis of the suite, in its order; the first is the one that charts lead with. */
  readonly claims: readonly ClaimView[];
  readonly factors: readonly FactorView[];
  /** How many of the runs were finished when the hypotheses were written down; absent where that is not recorded. */
  readonly statedAfterRuns?: number;
  readonly arms: readonly ArmView[];
  /** Every measure of every arm; the measures of the claims first. */
  readonly scores: readonly ScoreTableView[];
  /** What each arm has learned, part by part; empty where outputs have no parts. */
  readonly learnt: readonly LearntPartView[];
  /** What the captions of each run are held against; absent where no run was asked for that. */
  readonly captionBaselines?: readonly CaptionBaselineView[];
  /** Other measures of the arms that each paired claim compares; they inform and do not decide. */
  readonly secondary: readonly SecondaryMeasureView[];
  /** A score against a numeric factor (dose-response of alignment, learning curve over training data). */
  readonly responses: readonly ResponseView[];
  /** What the claims could find with these seeds; those without a margin or a spread are left out. */
  readonly power: readonly PowerView[];
  /** What was seen before the suite was fixed; absent where it has no pilot. */
  readonly pilot?: PilotView;
  /** Loss of each arm on its own kind of text, normalised, with the moment it reached the threshold; empty unless measured. */
  readonly convergence: readonly ConvergenceView[];
  /** What the texts that arms learn from are like; empty unless the suite compares texts. */
  readonly texts: readonly TextStatisticsView[];
  readonly curves: readonly LossCurveView[];
  readonly examples: readonly ExampleView[];
  readonly runs: readonly RunView[];
  /** Stages that runs share, trained once on their own; no results by themselves. */
  readonly sharedTrainings: readonly SharedTrainingView[];
  /** What the scores of `runs` are called, by their keys there. */
  readonly scoreLabels: Readonly<Record<string, string>>;
  /** Published numbers on other data and another scale, never mixed with ours. */
  readonly published: readonly PublishedTableView[];
  /** One sentence for each statistical test that the page uses. */
  readonly statistics: readonly { readonly name: string; readonly sentence: string }[];
  /** The full recipe as YAML text, as it was resolved. */
  readonly recipe: string;
  readonly provenance: readonly { readonly label: string; readonly value: string }[];
  readonly compute: ComputeView;
  /** Sentences a careful reader should weigh before quoting the verdict. */
  readonly caveats: readonly string[];
  /** The command that reproduces the page. */
  readonly command: string;
}

export interface SourceView {
  readonly citation: string;
  readonly url: string;
}

export type Verdict = 'reproduced' | 'ruled-out' | 'contradicted' | 'inconclusive';

export interface VerdictView {
  readonly verdict: Verdict;
  /** What a reader can quote: a sentence with effect, interval, p and n, and one on what the word leaves open. */
  readonly sentence: string;
  /** Why this verdict and not another, one sentence each. */
  readonly reasons: readonly string[];
  /** Of a claim that stays open: how many seeds would decide it with that probability; null for more than are counted. */
  readonly seedsToDecide?: {
    readonly assumed: 'the observed effect' | 'no effect';
    readonly probability: number;
    readonly seeds: number | null;
  };
}

/** One primary claim: what was fixed beforehand, what was decided, and on which numbers. */
export interface ClaimView {
  readonly id: string;
  readonly hypothesis: HypothesisView;
  readonly verdict: VerdictView;
  readonly evidence:
    | { readonly test: 'paired'; readonly pairs: PairedSeedsView }
    | { readonly test: 'trend'; readonly trend: TrendView };
  /** Holm's correction over the primary claims, of the hypothesis that the verdict tested; absent when there is one claim. */
  readonly holm?: {
    readonly against: 'no effect' | 'benefit of the margin' | 'no opposite effect';
    readonly adjustedP: number;
    readonly claims: number;
    /** What to hold the p against; absent for looks of a sequential plan, whose levels are their own. */
    readonly level?: number;
  };
  /** Two one-sided tests at α/2 each: whether the effect lies within ±margin; p is adjusted where there are several claims. */
  readonly equivalence: { readonly margin: number; readonly p: number; readonly equivalent: boolean };
}

export interface HypothesisView {
  /** Label of the measure. */
  readonly metric: string;
  readonly direction: 'greater' | 'less';
  readonly margin: number;
  readonly alpha: number;
  readonly statement: string;
  /** The comparison in words, for example "no mask among visual tokens minus causal mask everywhere". */
  readonly comparison: string;
  /** Arm ids, where two arms are compared. */
  readonly treatment?: string;
  readonly control?: string;
}

export interface FactorView {
  readonly id: string;
  readonly label: string;
  readonly levels: readonly { readonly id: string; readonly label: string; readonly value?: number }[];
}

export interface ArmView {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** The level of each factor, by factor id. */
  readonly levels: Readonly<Record<string, string>>;
  /** Part in every paired claim that compares the arm; absent where claims differ in it, or none does. */
  readonly role?: 'treatment' | 'control';
  /** Example sequence and its mask, only where arms differ in their masks: cell [query][key] is true where the query may look. */
  readonly mask?: {
    readonly kind: string;
    readonly tokens: readonly { readonly text: string; readonly kind: 'visual' | 'prompt' | 'answer' }[];
    readonly allowed: readonly (readonly boolean[])[];
  };
}

export interface MeasureView {
  readonly metric: string;
  /** Unit or scale, for the axis: for example "CIDEr-D (0–10)". */
  readonly axis: string;
  readonly higherIsBetter: boolean;
}

export interface ScoreTableView extends MeasureView {
  readonly arms: readonly {
    readonly arm: string;
    readonly seeds: readonly { readonly seed: number; readonly value: number }[];
    readonly mean: number;
    /** t interval of the mean over seeds; absent for one seed. */
    readonly confidence?: { readonly level: number; readonly low: number; readonly high: number };
  }[];
  /** What an answerer without any model, or without the image, gets on the same questions, for the same arm. */
  readonly baselines: readonly { readonly label: string; readonly arm: string; readonly value: number }[];
}

/** Of the mean effect over seeds. */
export interface EffectInterval {
  /** As a share. */
  readonly level: number;
  readonly low: number;
  readonly high: number;
}

interface EffectStatistics {
  /** Of the effects over seeds; null for one seed. */
  readonly standardDeviation: number | null;
  /** t interval; null for one seed, and where all seeds have the same effect: nothing tells then how much seeds differ. */
  readonly confidence: EffectInterval | null;
  /** Without p where all seeds have the same effect, which is not 0: there is no spread to hold the mean against. */
  readonly tTest: { readonly t: number; readonly degreesOfFreedom: number; readonly p?: number };
  readonly signFlip: { readonly p: number; readonly permutations: number };
  /** Cohen's d_z: mean effect ÷ its standard deviation over seeds; null where there is no such spread. */
  readonly effectSize: number | null;
  readonly signature: string;
}

export interface PairedSeedsView extends MeasureView, EffectStatistics {
  readonly pairs: readonly {
    readonly seed: number;
    readonly treatment: number;
    readonly control: number;
    readonly difference: number;
  }[];
  readonly meanDifference: number;
}

export interface SecondaryMeasureView extends PairedSeedsView {
  /** Id of the first claim that compares these arms. */
  readonly claim: string;
}

/** A line through each seed's scores over the doses of a factor; the effect is what the line gains from the least to the most. */
export interface TrendView extends MeasureView, EffectStatistics {
  readonly factor: string;
  readonly doses: readonly { readonly arm: string; readonly label: string; readonly value: number }[];
  readonly seeds: readonly {
    readonly seed: number;
    /** One score per dose, in the order of `doses`. */
    readonly values: readonly number[];
    /** Gain of the fitted line from the least to the greatest dose. */
    readonly effect: number;
  }[];
  readonly meanEffect: number;
}

export interface ResponseView extends MeasureView {
  /** Label of the numeric factor. */
  readonly xLabel: string;
  readonly xScale: 'linear' | 'logarithmic';
  readonly series: readonly {
    readonly label: string;
    readonly points: readonly {
      readonly x: number;
      readonly xText: string;
      readonly mean: number;
      readonly confidence?: { readonly level: number; readonly low: number; readonly high: number };
      readonly seeds: readonly { readonly seed: number; readonly value: number }[];
    }[];
  }[];
  /** Baselines at each x. */
  readonly references: readonly {
    readonly label: string;
    readonly points: readonly { readonly x: number; readonly value: number }[];
  }[];
}

/** The chances of each word of a verdict over the true effect, in the claimed direction. */
export interface PowerView {
  /** Id of the claim. */
  readonly claim: string;
  /** Unit of the effect. */
  readonly axis: string;
  readonly margin: number;
  /** All that were planned. */
  readonly seeds: number;
  /** Seeds at each planned look, the last all of them. */
  readonly looks: readonly number[];
  /** Two-sided level that the chances are for: α ÷ claims. */
  readonly alpha: number;
  readonly claims: number;
  /** Whether looks were planned, which the curves take into account. */
  readonly sequential: boolean;
  /** Standard deviation of the effects of the page's own seeds. */
  readonly observedSpread?: number;
  readonly curves: readonly PowerCurveView[];
}

export interface PowerCurveView {
  /** Where the standard deviation comes from; the upper bound is one-sided, of 80 % confidence. */
  readonly spread: 'pilot' | 'upper bound of the pilot' | 'observed';
  readonly standardDeviation: number;
  /** P(ruled out or contradicted) without an effect, and P(reproduced) for an effect of 1.5 margins. */
  readonly ruledOutWithoutEffect: number;
  readonly reproducedAtBenefit: number;
  /** Look by look, of the claim by itself, without an effect and for one of 1.5 margins; absent where there is one look. */
  readonly withoutEffect?: PowerLooksView;
  readonly atBenefit?: PowerLooksView;
  /** From −1 to 2 margins. */
  readonly points: readonly (Readonly<Record<Verdict, number>> & { readonly effect: number })[];
}

export interface PowerLooksView {
  readonly expectedSeeds: number;
  /** The chance that each look ends it with a word. */
  readonly looks: readonly (Readonly<Record<Exclude<Verdict, 'inconclusive'>, number>> & { readonly seeds: number })[];
}

export interface PilotView {
  /** The day, as YYYY-MM-DD. */
  readonly ran: string;
  /** Version and commit that ran it. */
  readonly code: string;
  readonly split: string;
  readonly seeds: number;
  /** Why the chosen recipe was taken. */
  readonly choice: string;
  readonly recipes: readonly { readonly recipe: string; readonly outcome: string; readonly chosen: boolean }[];
  /** Stages whose learning rates were multiplied. */
  readonly scaled: readonly string[];
  /** Of each measure that decides: scores at every multiple of the learning rates. */
  readonly rates: readonly (MeasureView & {
    readonly multiples: readonly number[];
    readonly arms: readonly {
      readonly arm: string;
      /** In the order of `multiples`; without a mean where nothing was run. */
      readonly cells: readonly {
        readonly seeds: number;
        readonly mean?: number;
        readonly standardDeviation?: number;
      }[];
    }[];
  })[];
  /** Share that is right of each part of the task, at the chosen rates. */
  readonly learnt: readonly {
    readonly name: string;
    readonly arms: readonly { readonly arm: string; readonly mean: number }[];
  }[];
}

export interface ExampleView {
  readonly imageId: string;
  /** PNG as a data: URL. */
  readonly image: string;
  readonly width: number;
  readonly height: number;
  readonly prompt: string;
  readonly references: readonly string[];
  readonly predictions: readonly {
    readonly arm: string;
    readonly seed: number;
    readonly text: string;
    readonly score: number;
    readonly scoreName: string;
    /** Of an answer that is right or wrong: what the page says in place of 1 and 0. */
    readonly outcome?: 'correct' | 'wrong';
  }[];
  /** Why this example is shown (for example "first of the test split"), chosen without looking at the scores. */
  readonly selection: string;
}

export interface RunView {
  readonly runId: string;
  readonly arm: string;
  readonly seed: number;
  readonly scores: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly tokens: number;
  readonly weightsHash: string;
  readonly resumed: number;
  /** The run whose stages it shares, and how many steps of it were not trained again. */
  readonly forkedFrom?: { readonly runId: string; readonly steps: number };
  /** Relative links to the raw records, from the page's folder. */
  readonly links: readonly { readonly label: string; readonly href: string }[];
}

export interface SharedTrainingView
  extends Pick<RunView, 'runId' | 'seed' | 'seconds' | 'tokens' | 'weightsHash' | 'links'> {
  readonly steps: number;
  /** How many of the page's runs continue it. */
  readonly continuedBy: number;
}

export interface PublishedTableView {
  readonly title: string;
  readonly metric: string;
  readonly rows: readonly {
    readonly model: string;
    readonly setting: string;
    /** Column name → value as published. */
    readonly values: Readonly<Record<string, string>>;
    readonly source: SourceView;
    readonly caveat?: string;
  }[];
  readonly columns: readonly string[];
  readonly note: string;
}

export interface ComputeView {
  readonly engine: string;
  readonly parameters: number;
  readonly modelFlops: number;
  readonly trainingSeconds: number;
  readonly wallSeconds: number;
  readonly jobs: number;
  readonly peakMemoryBytes: number;
  /** Steps that forking from shared stages saved. */
  readonly stepsSaved: number;
}
