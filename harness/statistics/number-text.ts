/** Numbers inside the sentences of a verdict. */

export function pText(p: number): string {
  return p < 0.001 ? 'p < .001' : `p = ${p.toFixed(3).replace(/^0/, '')}`;
}

export function percent(share: number): string {
  return `${number(share * 100)} %`;
}

export function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Formats values with the same number of decimals: three significant digits for the largest of them. */
export function signedAlike(values: readonly number[]): readonly string[] {
  const largest = Math.max(...values.map(Math.abs));
  const decimals = largest === 0 ? 0 : Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(largest))));
  return values.map((value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(decimals)}`);
}
