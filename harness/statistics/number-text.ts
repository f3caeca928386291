/** Numbers inside the sentences of a verdict, written as the reports write them, so that a sentence and the table below it agree. */
import { decimalsFor, formatChosen, formatLevel, formatP, formatSigned } from '../../reports/numbers.js';

export function pText(p: number): string {
  return formatP(p);
}

/** @param share a level of confidence */
export function percent(share: number): string {
  return `${formatLevel(share)} %`;
}

/** A number that was chosen (a margin, a level) keeps every digit; one that was computed has three significant digits. */
export function number(value: number): string {
  return formatChosen(value);
}

/** Formats values with the same number of decimals and explicit signs: at least three significant digits of the largest of them. */
export function signedAlike(values: readonly number[]): readonly string[] {
  const decimals = decimalsFor(values);
  return values.map((value) => formatSigned(value, decimals));
}
