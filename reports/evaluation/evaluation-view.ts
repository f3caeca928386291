/** Everything that the page of an evaluation shows, numbers already written out. */
export interface EvaluationPageView {
  readonly title: string;
  readonly model: string;
  readonly status: 'complete' | 'failures-allowed' | 'incomplete';
  readonly sentence: string;
  /** Further sentences that a reader must not miss: a part only, failures, comparability. */
  readonly warnings: readonly string[];
  readonly scores: readonly {
    readonly name: string;
    readonly score: string;
    readonly interval: string;
    readonly questions: string;
  }[];
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly failures: readonly { readonly reason: string; readonly times: string }[];
  readonly signatures: readonly string[];
  readonly samples: readonly EvaluationSample[];
  /** Published numbers of the same benchmark, each with whether it can be compared. */
  readonly published: readonly PublishedBeside[];
}

export interface EvaluationSample {
  readonly itemId: string;
  /** PNG as a data: URL; empty where there is none. */
  readonly picture: string;
  readonly prompt: string;
  readonly references: readonly string[];
  /** What was said, or what came instead. */
  readonly said: string;
  /** How it counts: its score, or that it does not. */
  readonly note: string;
}

export interface PublishedBeside {
  readonly model: string;
  readonly setting: string;
  readonly column: string;
  readonly value: string;
  readonly comparable: string;
  readonly caveat: string;
  readonly source: { readonly citation: string; readonly address: string };
}
