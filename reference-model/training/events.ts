/** What the trainer reports while it runs; the harness appends each event to the record and draws progress from it. */
import type { Part } from '../model/config.js';
import type { Source } from '../recipe/recipe.js';
import type { DeviceUse } from './device-use.js';
import type { LeftOutImage } from './left-out-images.js';

export type TrainingEvent =
  | (Partial<DeviceUse> & {
      readonly type: 'step';
      readonly stage: string;
      /** 1-based, over all stages. */
      readonly step: number;
      readonly totalSteps: number;
      /** Mean cross-entropy per answer token, or per word of a words stage, in nats. */
      readonly loss: number;
      readonly learningRate: Readonly<Partial<Record<Part, number>>>;
      readonly gradientNorm: number;
      /** The gradients of 16-bit losses overflowed: nothing was changed. */
      readonly skipped?: true;
      /** Sequence tokens processed in this step, padding excluded. */
      readonly tokens: number;
      /** Targets: the tokens of the answers, each with its end token, or the words of the visual tokens. */
      readonly answerTokens: number;
      /** Sequences, where questions may share them; else there are as many as examples. */
      readonly sequences?: number;
    })
  | {
      readonly type: 'validation';
      readonly stage: string;
      readonly step: number;
      /** Mean cross-entropy per answer token on held-out examples, by source. */
      readonly loss: Readonly<Partial<Record<Source, number>>>;
    }
  /** A training image that is broken, and allowed to be; told before the step that does without it first. */
  | (LeftOutImage & { readonly type: 'image-left-out'; readonly step: number })
  | { readonly type: 'checkpoint'; readonly step: number };
