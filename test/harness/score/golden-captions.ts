/** The two images of the README of aac-metrics, whose CIDEr-D is published, and the words that write them in any layout. */
export const REFERENCES: readonly (readonly string[])[] = [
  ['a man speaks.', 'someone speaks.', 'a man is speaking while a bird is chirping in the background'],
  ['rain is falling hard on a surface'],
];
export const CANDIDATES = ['a man is speaking', 'rain falls'] as const;
export const CIDER_D = 0.96135;

/** A list as Python prints it; the captions hold neither quotes nor backslashes. */
export const printed = (texts: readonly string[]): string => `[${texts.map((text) => `'${text}'`).join(', ')}]`;

export const jsonLines = (records: readonly unknown[]): string =>
  `${records.map((record) => JSON.stringify(record)).join('\n')}\n`;
