/**
 * What every tokeniser of captions offers: text in, tokens out, with a name and a version that enter the signature.
 * A tokeniser looks at one caption at a time, never at its neighbours.
 */

export interface Tokeniser {
  /** Name and version as the signature shows them, for example `ptb-2`. */
  readonly id: string;
  /** Whether its tokens are lower-cased. */
  readonly lowercases: boolean;
  /** The tokens of one caption; none is empty, and none holds white space of ASCII. */
  tokenise(text: string): readonly string[];
}

/** For text that is already tokenised: splits on white space, changes nothing else. */
export const whitespaceTokeniser: Tokeniser = {
  id: 'whitespace-1',
  lowercases: false,
  tokenise: (text) => text.split(/[ \t\r\n\f\v]+/).filter((token) => token !== ''),
};
