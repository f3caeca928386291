/**
 * Who answers prompts about images: a trained run, a program, an endpoint, a file. One interface for all: a batch of requests in, one
 * outcome for each out. An outcome is a text, something that was said instead of one, or a failure; a failure is never an empty text.
 */
import type { StoredImage } from '../../reference-model/data/source.js';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly text: string;
}

export interface AskedImage {
  readonly imageId: string;
  readonly stored: StoredImage;
  /** Of the stored bytes; of generated images, of their size and pixels. */
  readonly sha256: string;
  /** A file that holds exactly the stored bytes, where there is one. */
  readonly file?: string | undefined;
}

export interface Decoding {
  readonly strategy: 'greedy';
  /** Of an answer, its end included. */
  readonly maximumTokens: number;
}

export interface AnswerRequest {
  /** Tells the requests of an evaluation apart. */
  readonly id: string;
  /** Stands before the text of the first message of the user. */
  readonly image: AskedImage;
  readonly messages: readonly Message[];
  readonly decoding: Decoding;
}

interface Measured {
  /** From the request to the whole answer, the last attempt alone; absent for what was answered beforehand. */
  readonly milliseconds?: number;
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  /** What the answerer says it is: the version of an endpoint's model, or whatever a program states. */
  readonly version?: string;
}

export interface AnsweredText extends Measured {
  readonly kind: 'text';
  readonly text: string;
  /** `length`: cut at the maximum number of tokens; `unknown`: the answerer does not say. */
  readonly finish: 'stop' | 'length' | 'unknown';
}

/** Something was said, but no answer: a refusal, or nothing because a filter stood before it. */
export interface Declined extends Measured {
  readonly kind: 'refused' | 'filtered';
  /** For people who read the log; it is never scored. */
  readonly said?: string;
}

export interface Failed extends Measured {
  readonly kind: 'failed';
  readonly reason: string;
}

export type Outcome = AnsweredText | Declined | Failed;

/** What answers belong to; an answer of another identity is another answer. */
export interface ModelIdentity {
  readonly kind: 'record' | 'hf' | 'command' | 'http' | 'predictions';
  /** A run's id, an endpoint's model, a command, a file, a folder. */
  readonly name: string;
  /** SHA-256 of weights, of a file of predictions, or of the files of a folder. */
  readonly weights?: string;
  /** Where the user or the answerer states it beforehand. */
  readonly version?: string;
}

export interface Answerer {
  readonly identity: ModelIdentity;
  /** Requests that it takes at once in one call. */
  readonly batchSize: number;
  /** Calls that it can serve at the same time. */
  readonly inFlight: number;
  /**
   * One outcome for each request, in their order.
   * @throws UserError where nothing can be answered at all; what concerns one request is an outcome
   */
  answer(requests: readonly AnswerRequest[]): Promise<readonly Outcome[]>;
  /** Ends what it has started. */
  close(): Promise<void>;
}
