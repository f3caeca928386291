/**
 * The view models of a published site: everything that its pages show, as plain JSON that the harness builds from records. Paths in it
 * start at the site's root; a page prefixes them with its own way there, so that the site works from any folder and from disk.
 */
import type { SourceView, Verdict } from '../finding-report-view.js';

/** What every page of a site needs to know of the site. */
export interface PageFrame {
  readonly siteTitle: string;
  /** From the page's folder to the site's root: one `../` per level. */
  readonly root: '' | '../' | '../../';
  /** Address under which the site is published, with a final slash; empty where that is unknown. */
  readonly baseUrl: string;
}

export interface SiteLink {
  readonly label: string;
  /** From the site's root. */
  readonly path: string;
}

export interface ScoreView {
  readonly value: number;
  /** 95 % interval; absent where nothing was repeated. */
  readonly interval?: { readonly low: number; readonly high: number };
}

/** One system in a leaderboard: an arm with all its seeds, or a run of its own. */
export interface BoardRowView extends ScoreView {
  readonly rank: number;
  readonly label: string;
  readonly suites: readonly SiteLink[];
  readonly runs: readonly SiteLink[];
  readonly engine: string;
  readonly images: number;
  /** Systems that share a letter are not told apart by the tests; empty where nothing was tested. */
  readonly group: string;
}

export interface BoardView {
  readonly id: string;
  /** Of its own page. */
  readonly path: string;
  readonly dataSet: string;
  readonly split: string;
  readonly metric: string;
  readonly axis: string;
  readonly higherIsBetter: boolean;
  readonly smoke: boolean;
  readonly signature: string;
  readonly rows: readonly BoardRowView[];
  /** How systems were told apart, one sentence; why not, where they were not. */
  readonly comparison: string;
}

export interface BoardPageView {
  readonly frame: PageFrame;
  readonly board: BoardView;
}

export interface SuiteView {
  readonly id: string;
  readonly title: string;
  readonly claim: string;
  /** What was tested, in one sentence that stands wherever the verdict does; absent where the suite states none. */
  readonly scope?: string;
  readonly source: SourceView;
  readonly dataSet: string;
  readonly scale: string;
  readonly smoke: boolean;
  /** Of all claims together. */
  readonly verdict?: { readonly verdict: Verdict; readonly sentence: string };
  /** Instead, where each claim has a verdict of its own. */
  readonly claims?: readonly {
    readonly id: string;
    readonly statement: string;
    readonly verdict: Verdict;
    readonly sentence: string;
  }[];
  readonly arms: readonly { readonly label: string; readonly description: string }[];
  readonly runs: readonly RunRowView[];
  /** Of the suite's own page. */
  readonly path: string;
  /** Of the finding's report. */
  readonly report: string;
  readonly badge: string;
  readonly command: string;
}

export interface SuitePageView {
  readonly frame: PageFrame;
  readonly suite: SuiteView;
  /** Leaderboards in which its arms stand. */
  readonly boards: readonly BoardView[];
}

export interface RunRowView {
  readonly runId: string;
  readonly path: string;
  readonly label: string;
  readonly suites: readonly SiteLink[];
  readonly seed: number;
  readonly dataSet: string;
  readonly engine: string;
  /** Leading score, with its measure. */
  readonly lead?: ScoreView & { readonly metric: string };
  readonly samples: number;
  /** Day, as `2026-01-31`, from the record. */
  readonly finished: string;
}

/** A comparison, or an evaluation. */
export interface ComparisonRowView {
  readonly title: string;
  /** What the tests of its first metric come to; of an evaluation, its score. */
  readonly sentence: string;
  readonly path: string;
}

export interface SiteIndexView {
  readonly frame: PageFrame;
  readonly suites: readonly SuiteView[];
  readonly boards: readonly BoardView[];
  readonly comparisons: readonly ComparisonRowView[];
  readonly evaluations: readonly ComparisonRowView[];
  readonly newest: readonly RunRowView[];
  readonly runs: number;
  readonly samples: number;
}

export interface RunPageView {
  readonly frame: PageFrame;
  readonly run: RunRowView;
  readonly smoke: boolean;
  readonly scores: readonly (ScoreView & {
    readonly metric: string;
    readonly axis: string;
    readonly images?: number;
    readonly signature: string;
  })[];
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly recipe: string;
  readonly samplePages: readonly { readonly path: string; readonly from: number; readonly to: number }[];
  /** Permalinks to the samples that scored worst and best. */
  readonly extremes: readonly { readonly label: string; readonly samples: readonly SampleView[] }[];
  readonly files: readonly (SiteLink & { readonly bytes: number })[];
  readonly badge: string;
}

/** All that a run said about one image. */
export interface SampleView {
  /** 1-based place in the run's evaluation order. */
  readonly number: number;
  /** Fragment of the permalink; the same in every run, as it is made from the image id. */
  readonly anchor: string;
  /** Path and fragment. */
  readonly permalink: string;
  readonly imageId: string;
  readonly image?: {
    readonly path: string;
    readonly thumbnail: string;
    readonly width: number;
    readonly height: number;
  };
  readonly captions: readonly {
    readonly style: string;
    readonly text: string;
    readonly score: number;
    readonly references: readonly string[];
    readonly moreReferences: number;
  }[];
  readonly answers: readonly {
    readonly question: string;
    readonly expected: string;
    readonly text: string;
    readonly correct: boolean;
  }[];
  readonly moreAnswers: number;
  /** References that were given to the model token by token. */
  readonly given: readonly {
    readonly prompt: string;
    readonly expected: string;
    /** Whether it ranked every token first. */
    readonly exact: boolean;
    /** In nats, over the whole reference. */
    readonly loss: number;
  }[];
  readonly moreGiven: number;
}

export interface SamplesPageView {
  readonly frame: PageFrame;
  readonly run: RunRowView;
  readonly smoke: boolean;
  readonly page: number;
  readonly pages: readonly { readonly path: string; readonly from: number; readonly to: number }[];
  readonly total: number;
  readonly samples: readonly SampleView[];
}

export interface RunListView {
  readonly frame: PageFrame;
  readonly page: number;
  readonly pages: readonly { readonly path: string; readonly from: number; readonly to: number }[];
  readonly total: number;
  readonly rows: readonly RunRowView[];
}

export interface SearchView {
  readonly frame: PageFrame;
  readonly entries: readonly {
    readonly kind: string;
    readonly title: string;
    readonly words: string;
    readonly path: string;
  }[];
  readonly omitted: number;
}
