/** Writes the gate's result, or the error that kept it from one, to every output that was asked for. */
import { basename, dirname, extname, join, posix } from 'node:path';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { readText } from '../files/read-input.js';
import { printJson, printText } from '../log-text.js';
import type { System } from '../systems/system.js';
import { type GateDocument, hasBaseline } from './gate-result.js';
import { appendStepSummary, githubAnnotation, githubErrorAnnotation } from './github.js';
import { codeQualityOfError, codeQualityOfResult, openMetricsOfResult } from './gitlab.js';
import { type JunitContext, junitOfError, junitOfResult } from './junit.js';
import { markdownOfResult } from './markdown.js';
import { resultText } from './print-result.js';

export interface GateOutputs {
  readonly json?: true;
  readonly junit?: string;
  readonly markdown?: string;
  readonly html?: string;
  readonly github?: true;
  readonly gitlab?: string;
  readonly gitlabMetrics?: string;
  /** Folder of image files for thumbnails. */
  readonly images?: string;
  /** Where the thumbnails written beside the Markdown will be found by its readers. */
  readonly imageUrl?: string;
}

/** @param file the baseline, or what else the outputs say the gate is about */
export async function writeResult(
  result: GateDocument,
  file: string,
  candidate: System,
  outputs: GateOutputs,
  context: JunitContext,
): Promise<void> {
  const { json, junit, markdown, html, github, gitlab, gitlabMetrics } = outputs;
  if (junit !== undefined) writeFileAtomically(junit, junitOfResult(result, context));
  if (gitlab !== undefined) {
    const baselineText = hasBaseline(result) ? readText(file) : '';
    writeFileAtomically(gitlab, codeQualityOfResult(result, baselineText, file));
  }
  if (gitlabMetrics !== undefined) writeFileAtomically(gitlabMetrics, openMetricsOfResult(result));
  if (markdown !== undefined || html !== undefined || github === true) {
    const thumbnails = await thumbnailsOf(result, candidate, outputs);
    if (markdown !== undefined) writeMarkdown(markdown, result, thumbnails, outputs.imageUrl);
    if (html !== undefined) {
      const { renderGatePage } = await import('../../reports/gate/gate-page.js');
      const { gatePageView } = await import('./page-view.js');
      writeFileAtomically(html, renderGatePage(gatePageView(result, thumbnails)));
    }
    if (github === true) appendStepSummary(markdownOfResult(result, linked(thumbnails, outputs.imageUrl)));
  }
  if (github === true) annotate(githubAnnotation(result), json);
  if (json === true) printJson(result);
  else printText(resultText(result, { colour: showsColours() }));
}

/** An error is told wherever a result would have been, so that no pipeline takes its absence for a pass. */
export function writeError(
  error: { readonly summary: string; readonly text: string },
  file: string,
  outputs: GateOutputs,
  context: JunitContext,
): void {
  const { json, junit, github, gitlab } = outputs;
  if (junit !== undefined) writeFileAtomically(junit, junitOfError(error, context));
  if (gitlab !== undefined) writeFileAtomically(gitlab, codeQualityOfError(error.summary, file));
  if (github === true) annotate(githubErrorAnnotation(error.summary), json);
}

/** GitHub's runner reads commands from both streams; stdout belongs to the JSON document. */
function annotate(command: string, json: true | undefined): void {
  (json === true ? process.stderr : process.stdout).write(`${command}\n`);
}

function showsColours(): boolean {
  return process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
}

async function thumbnailsOf(
  result: GateDocument,
  { imageStore }: System,
  { images }: GateOutputs,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const regressed = hasBaseline(result) ? result.regressed : [];
  if (regressed.length === 0 || (imageStore === undefined && images === undefined)) return new Map();
  const { readThumbnails } = await import('../systems/thumbnails.js');
  return readThumbnails(
    regressed.map(({ imageId }) => imageId),
    { stores: imageStore === undefined ? [] : [imageStore], ...(images === undefined ? {} : { folder: images }) },
  );
}

/** An image id is untrusted and never a file's name. */
function thumbnailName(imageId: string): string {
  return `${sha256(imageId).slice(0, 16)}.png`;
}

function linked(thumbnails: ReadonlyMap<string, Uint8Array>, url: string | undefined) {
  if (url === undefined) return {};
  const base = url.replace(/\/+$/, '');
  return {
    thumbnail: (imageId: string) => (thumbnails.has(imageId) ? `${base}/${thumbnailName(imageId)}` : undefined),
  };
}

/** Thumbnails go into a folder beside the Markdown, `comment-images` for `comment.md`. */
function writeMarkdown(
  file: string,
  result: GateDocument,
  thumbnails: ReadonlyMap<string, Uint8Array>,
  imageUrl: string | undefined,
): void {
  const folder = `${basename(file, extname(file))}-images`;
  for (const [imageId, png] of thumbnails) {
    writeFileAtomically(join(dirname(file), folder, thumbnailName(imageId)), png);
  }
  writeFileAtomically(file, markdownOfResult(result, linked(thumbnails, imageUrl ?? posix.join(folder))));
}
