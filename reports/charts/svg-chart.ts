/**
 * Renders an ECharts option to static SVG: an accessible `<svg role="img">` with title and description, no style attributes
 * (the page's Content-Security-Policy forbids them), and ids that depend on the chart alone, so that equal input gives equal bytes.
 */

import type { EChartsOption } from 'echarts';
import { CustomChart, LineChart } from 'echarts/charts';
import { GridComponent, MarkAreaComponent, MarkLineComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escapeMarkup, singleLineText } from '../untrusted-text.js';

use([LineChart, CustomChart, GridComponent, MarkAreaComponent, MarkLineComponent, SVGRenderer]);

/** Sizes are CSS pixels of the viewBox; the page scales the picture to its column. */
export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

export interface ChartDescription {
  /** Unique in the page; letters, digits and hyphens. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** Colours of the frame of every chart. */
export const INK = 'var(--ink)';
export const MUTED = 'var(--muted)';
export const RULE = 'var(--rule)';
export const PAPER = 'var(--paper)';
/** Text in charts, in pixels of the viewBox. */
export const FONT_SIZE = 12.5;

/** @returns the chart as one SVG element. */
export function renderSvgChart(option: EChartsOption, size: ChartSize, description: ChartDescription): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: 'transparent',
      textStyle: { fontFamily: 'inherit' },
      ...option,
    });
    return describedSvg(
      withStableMarkup(chart.renderToSVGString({ useViewBox: true }), description.id),
      size,
      description,
    );
  } finally {
    chart.dispose();
  }
}

/** @returns `content` (SVG markup of ours) in an `<svg>` that assistive technology reads as one picture. */
export function describedSvg(
  content: string,
  { width, height }: ChartSize,
  { id, title, description }: ChartDescription,
): string {
  return [
    `<svg id="${id}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-title ${id}-description">`,
    `<title id="${id}-title">${escapeMarkup(singleLineText(title))}</title>`,
    `<desc id="${id}-description">${escapeMarkup(singleLineText(description, 2000))}</desc>`,
    content,
    '</svg>',
  ].join('\n');
}

/** The library numbers its ids and classes per process and adds hover styles and metadata that a still picture does not need. */
function withStableMarkup(svg: string, id: string): string {
  const clips = new Map<string, string>();
  const stableClip = (original: string): string => {
    const known = clips.get(original) ?? `${id}-clip-${clips.size}`;
    clips.set(original, known);
    return known;
  };
  return svg
    .replace(/<style\b[^>]*>[\s\S]*?<\/style>/g, '')
    .replace(/<\/?svg\b[^>]*>/g, '')
    .replace(/<[^>]+>/g, (tag) =>
      tag
        .replace(/ (?:ecmeta_\w+|class|pointer-events|xml:space)="[^"]*"/g, '')
        .replace(/ style="([^"]*)"/g, (_, declarations: string) => presentationAttributes(declarations))
        .replace(/\b(zr\d+-\w+)/g, (original) => stableClip(original)),
    )
    .replace(/^\s*\n/gm, '')
    .trim();
}

function presentationAttributes(declarations: string): string {
  return declarations
    .split(';')
    .map((declaration) => declaration.split(':').map((part) => part.trim()))
    .filter(
      ([property = '', value = '']) =>
        /^(?:font-size|font-weight|font-style)$/.test(property) && /^[\w.]+$/.test(value),
    )
    .map(([property, value]) => ` ${property}="${value}"`)
    .join('');
}
