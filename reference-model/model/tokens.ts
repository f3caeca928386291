/** The tokens of a sequence as plain data: text and visual tokens, each of a document. */

interface TextToken {
  /** Answer tokens, the end token included, are what the model learns to predict. */
  readonly role: 'prompt' | 'answer';
  readonly id: number;
  /** Texts that continue one beginning without seeing each other have different branches; what they share has none. */
  readonly branch?: number;
  /** Samples packed into one sequence have different documents. */
  readonly document: number;
}

interface VisualToken {
  readonly role: 'visual';
  /** Index into the batch's images. */
  readonly image: number;
  /** Which of the image's tokens. */
  readonly index: number;
  readonly document: number;
}

export type Token = TextToken | VisualToken;

/** One sequence; tokens of one document are adjacent, and within it those of one branch, behind what has no branch. */
export type Sequence = readonly Token[];
