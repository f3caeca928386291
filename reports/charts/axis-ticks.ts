/**
 * Axis ranges with round ticks, computed here and not by the chart library: without logarithms or powers the same data
 * give the same ticks on every machine.
 */

export interface AxisRange {
  readonly min: number;
  readonly max: number;
  /** Distance between ticks. */
  readonly interval: number;
  /** Decimals that the tick labels need. */
  readonly decimals: number;
}

/** @returns a range that holds all finite `values` between two ticks, with about `ticks` steps of 1, 2 or 5 × 10^k. */
export function axisRange(values: readonly number[], ticks: number): AxisRange {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = finite.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (low > high) return { min: 0, max: 1, interval: 0.5, decimals: 1 };
  const span = high > low ? high - low : Math.max(Math.abs(high), 1);
  const { numerator, denominator, decimals } = roundInterval(span / ticks);
  // Whole multiples of 1/denominator: 0.30000000000000004 never reaches a label.
  const atTick = (index: number): number => (index * numerator) / denominator;
  const interval = numerator / denominator;
  const below = Math.floor(low / interval);
  const above = Math.ceil(high / interval);
  return { min: atTick(below), max: atTick(above === below ? above + 1 : above), interval, decimals };
}

/**
 * Pixels that a text of a chart takes at most: a wide guess, since the page's typeface is the reader's. Better fewer labels than labels that
 * touch each other.
 */
export function textWidth(text: string, size: number): number {
  return [...text].reduce((sum, letter) => sum + (/[,.:;'|ilj ]/.test(letter) ? 0.36 : 0.64), 0) * size;
}

/**
 * As {@link axisRange}, with fewer ticks where their labels would not stand side by side.
 * @param length of the axis in pixels
 */
export function labelledRange(
  values: readonly number[],
  {
    ticks,
    length,
    size,
    format,
  }: {
    readonly ticks: number;
    readonly length: number;
    readonly size: number;
    readonly format: (value: number, decimals: number) => string;
  },
): AxisRange {
  for (let wanted = ticks; wanted > 1; wanted -= 1) {
    const range = axisRange(values, wanted);
    const steps = Math.round((range.max - range.min) / range.interval);
    const labels = Array.from({ length: steps + 1 }, (_, index) =>
      format(range.min + index * range.interval, range.decimals),
    );
    const widest = Math.max(...labels.map((label) => textWidth(label, size)));
    if (widest + size * 0.6 <= length / steps) return range;
  }
  return axisRange(values, 1);
}

function roundInterval(raw: number): {
  readonly numerator: number;
  readonly denominator: number;
  readonly decimals: number;
} {
  let power = 1;
  let decimals = 0;
  if (raw >= 1) {
    while (raw / power >= 10) power *= 10;
    return { numerator: leadingDigit(raw / power) * power, denominator: 1, decimals: 0 };
  }
  while (raw * power < 1 && decimals < 12) {
    power *= 10;
    decimals += 1;
  }
  const digit = leadingDigit(raw * power);
  if (digit === 10) return { numerator: 1, denominator: power / 10, decimals: decimals - 1 };
  return { numerator: digit, denominator: power, decimals };
}

function leadingDigit(scaled: number): number {
  if (scaled <= 1.4) return 1;
  if (scaled <= 3.2) return 2;
  if (scaled <= 7.1) return 5;
  return 10;
}
