/**
 * The view model of a finding's report: every number, word and picture that the page shows, as plain JSON.
 * The harness builds it from records; the page and `report.json` are two renderings of it.
 */

export interface FindingReportView {
  readonly schemaVersion: 1;
  /** Stamped over the page; a smoke run proves the path, not the claim. */
  readonly smoke: boolean;
  readonly suite: { readonly id: string; readonly title: string; readonly claim: string; readonly source: SourceView };
  readonly scale: 'embedded' | 'paper';
  readonly dataSet: { readonly name: string; readonly description: string; readonly fingerprint: string };
  readonly verdict: VerdictView;
  readonly hypothesis: HypothesisView;
  readonly arms: readonly ArmView[];
  readonly pairs: PairedSeedsView;
  /** Other measures of the same runs; they inform and do not decide. */
  readonly secondary: readonly PairedSeedsView[];
  readonly curves: readonly LossCurveView[];
  readonly examples: readonly ExampleView[];
  readonly runs: readonly RunView[];
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

export type Verdict = 'reproduced' | 'contradicted' | 'inconclusive';

export interface VerdictView {
  readonly verdict: Verdict;
  /** One sentence a reader can quote, with effect, interval, p and n. */
  readonly sentence: string;
  /** Why this verdict and not another, one sentence each. */
  readonly reasons: readonly string[];
}

export interface HypothesisView {
  readonly metric: string;
  readonly direction: 'greater' | 'less';
  readonly treatment: string;
  readonly control: string;
  readonly margin: number;
  readonly alpha: number;
  readonly statement: string;
}

export interface ArmView {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly role: 'treatment' | 'control';
  /** Example sequence and its mask: cell [query][key] is true where the query may look. */
  readonly mask: {
    readonly kind: string;
    readonly tokens: readonly { readonly text: string; readonly kind: 'visual' | 'prompt' | 'answer' }[];
    readonly allowed: readonly (readonly boolean[])[];
  };
}

export interface PairedSeedsView {
  readonly metric: string;
  /** Unit or scale, for the axis: for example "CIDEr-D (0–10)". */
  readonly axis: string;
  readonly higherIsBetter: boolean;
  readonly pairs: readonly {
    readonly seed: number;
    readonly treatment: number;
    readonly control: number;
    readonly difference: number;
  }[];
  readonly meanDifference: number;
  readonly standardDeviation: number;
  readonly confidence: { readonly level: number; readonly low: number; readonly high: number };
  readonly tTest: { readonly t: number; readonly degreesOfFreedom: number; readonly p: number };
  readonly signFlip: { readonly p: number; readonly permutations: number };
  /** Cohen's d_z: mean difference ÷ standard deviation of the differences. */
  readonly effectSize: number;
  readonly signature: string;
}

export interface LossCurveView {
  readonly arm: string;
  readonly seed: number;
  readonly kind: 'training' | 'validation';
  /** For validation: which source. */
  readonly source?: string;
  readonly points: readonly { readonly step: number; readonly loss: number }[];
  /** Stage boundaries, in steps. */
  readonly stages: readonly { readonly name: string; readonly from: number; readonly to: number }[];
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
  /** Relative links to the raw records, from the page's folder. */
  readonly links: readonly { readonly label: string; readonly href: string }[];
}

export interface ComputeView {
  readonly engine: string;
  readonly parameters: number;
  readonly modelFlops: number;
  readonly trainingSeconds: number;
  readonly wallSeconds: number;
  readonly jobs: number;
  readonly peakMemoryBytes: number;
}
