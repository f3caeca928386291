/** A comparison in a site: its page, rendered again from its view file, and that file. */
export interface PublishedComparison {
  readonly title: string;
  readonly path: string;
  readonly json: string;
}
