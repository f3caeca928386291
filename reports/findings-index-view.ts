/** The view model of the landing page over several findings. */
import type { EffectInterval, PublishedTableView, SourceView, VerdictView } from './finding-report-view.js';

export interface FindingsIndexView {
  readonly schemaVersion: 1;
  readonly title: string;
  readonly smoke: boolean;
  readonly source: SourceView;
  readonly findings: readonly {
    readonly id: string;
    readonly title: string;
    readonly claim: string;
    /** As in the finding's own view. */
    readonly scope?: string;
    readonly statedAfterRuns?: number;
    readonly dataSet: string;
    readonly verdict?: VerdictView;
    /** Instead of one verdict, where each claim has its own. */
    readonly claims?: readonly { readonly statement: string; readonly verdict: VerdictView }[];
    /** Effects of the claims with their intervals, for a small plot each. */
    readonly effects: readonly {
      readonly label: string;
      readonly metric: string;
      readonly mean: number;
      /** Null where nothing tells how much seeds differ: for one seed, and where all have the same effect. */
      readonly confidence: EffectInterval | null;
      readonly margin: number;
      readonly direction: 'greater' | 'less';
    }[];
    readonly runs: number;
    readonly trainingSeconds: number;
    readonly modelFlops: number;
    readonly command: string;
    /** Relative link to the finding's page. */
    readonly href: string;
  }[];
  readonly published: readonly PublishedTableView[];
}
