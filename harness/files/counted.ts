/** Numbers of things and the first few of them, as messages say them. */

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** The first few of a list, for a message. */
export function sample(values: readonly string[], most = 5): string {
  return values.length <= most ? values.join(', ') : `${values.slice(0, most).join(', ')} …`;
}
