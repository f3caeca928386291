/** Where a record stands, for example `results.csv:12` or `captions.json, annotations[3]`; made into text only for a message. */

import type { Place } from '../layouts/content.js';

export class LinePlace implements Place {
  private readonly file: string;
  private readonly line: number;

  constructor(file: string, line: number) {
    this.file = file;
    this.line = line;
  }

  toString(): string {
    return `${this.file}:${this.line}`;
  }
}

export class ListPlace implements Place {
  private readonly file: string;
  private readonly path: string;
  private readonly index: number;

  constructor(file: string, path: string, index: number) {
    this.file = file;
    this.path = path;
    this.index = index;
  }

  toString(): string {
    return `${this.file}, ${this.path}[${this.index}]`;
  }
}
