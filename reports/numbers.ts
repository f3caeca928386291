/**
 * How the reports write numbers: fixed digits, a true minus sign (U+2212), grouped thousands and units.
 * Everything goes through `toFixed`, never through the locale, so that equal numbers give equal bytes everywhere.
 */

/** Written where a number is missing or not finite (for example an effect size without spread). */
export const NOT_DEFINED = '–';

/** @returns `value` with `decimals` digits after the point and a true minus sign; a rounded zero carries no sign. */
export function formatFixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return NOT_DEFINED;
  const digits = groupThousands(Math.abs(value).toFixed(decimals));
  return value < 0 && /[1-9]/.test(digits) ? `−${digits}` : digits;
}

/** As {@link formatFixed}, with an explicit plus sign: for differences. */
export function formatSigned(value: number, decimals: number): string {
  const text = formatFixed(value, decimals);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** @returns an interval such as `[0.12, 0.56]`. */
export function formatInterval(
  { low, high }: { readonly low: number; readonly high: number },
  decimals: number,
): string {
  return `[${formatFixed(low, decimals)}, ${formatFixed(high, decimals)}]`;
}

/** @returns a p-value in the style of the APA (no zero before the point): `p = .031`, `p < .001`, `p > .999`. */
export function formatP(p: number): string {
  if (!Number.isFinite(p)) return `p ${NOT_DEFINED}`;
  if (p < 0.001) return 'p < .001';
  if (p > 0.9995) return p >= 1 ? 'p = 1' : 'p > .999';
  return `p = ${p.toFixed(3).replace(/^0/, '')}`;
}

/**
 * @returns a number that was chosen, not measured (a margin, a level), with every digit that it has: `0.1`, `1,234.5`. One of more than
 * six decimals was computed from such a number (0.05 ÷ 3) and is written with three significant digits.
 */
export function formatChosen(value: number): string {
  if (!Number.isFinite(value)) return NOT_DEFINED;
  const exact = [0, 1, 2, 3, 4, 5, 6].find((decimals) => Number(value.toFixed(decimals)) === value);
  if (exact !== undefined) return formatFixed(value, exact);
  return formatFixed(value, significantDecimals(value))
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

/** @returns a level of confidence in per cent, with a decimal where it has some and more only where 100 would be claimed: `95`, `98.3`. */
export function formatLevel(share: number): string {
  const percent = share * 100;
  const decimals = [1, 2, 3, 4, 5, 6].find((count) => Number(percent.toFixed(count)) < 100) ?? 1;
  return formatFixed(percent, decimals).replace(/\.0$/, '');
}

/** @returns a whole number with grouped thousands: `1,234,567`. */
export function formatCount(value: number): string {
  return formatFixed(value, 0);
}

/** Decimals that show at least three significant digits of the largest value, one choice for a whole column. */
export function decimalsFor(values: readonly number[]): number {
  const largest = values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  if (largest >= 1000) return 0;
  if (largest >= 100) return 1;
  if (largest >= 10) return 2;
  return largest > 0 ? Math.max(3, significantDecimals(largest)) : 3;
}

/** Decimals that show three significant digits of a value other than 0. */
function significantDecimals(value: number): number {
  return Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
}

/** @returns a time such as `0.8 s`, `48 s`, `3 min 12 s`, `2 h 05 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return NOT_DEFINED;
  if (seconds < 9.95) return `${formatFixed(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${twoDigits(minutes % 60)} min`;
}

/** @returns `value` with a decimal prefix and three significant digits: `412 MB`, `1.40 TFLOP`. */
export function formatWithPrefix(value: number, unit: string): string {
  if (!Number.isFinite(value)) return NOT_DEFINED;
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
  let scaled = value;
  let index = 0;
  while (Math.abs(scaled) >= 999.5 && index < prefixes.length - 1) {
    scaled /= 1000;
    index += 1;
  }
  const decimals = index === 0 || Math.abs(scaled) >= 99.95 ? 0 : Math.abs(scaled) >= 9.995 ? 1 : 2;
  return `${formatFixed(scaled, decimals)} ${prefixes[index]}${unit}`.trimEnd();
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function groupThousands(digits: string): string {
  const [whole = '', fraction] = digits.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
