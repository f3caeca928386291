/** Why a training ended before its last step. */

export type TrainingProblem =
  | {
      readonly code: 'diverged';
      readonly stage: string;
      readonly step: number;
      readonly quantity: 'loss' | 'gradient norm';
      readonly value: number;
      readonly exampleIds: readonly string[];
      /** Step of the last good checkpoint; 0 when there is none. */
      readonly lastCheckpoint: number;
    }
  | { readonly code: 'checkpoint-mismatch'; readonly problem: string }
  | {
      readonly code: 'word-outside-vocabulary';
      readonly word: string;
      readonly text: string;
      readonly vocabularySize: number;
      /** A vocabulary that holds every word. */
      readonly needed: number;
    };

/** A training that cannot go on. */
export class TrainingError extends Error {
  readonly problem: TrainingProblem & { readonly what: string; readonly fix: string };

  constructor(problem: TrainingProblem) {
    const { what, fix } = describe(problem);
    super(`${what}; ${fix}`);
    this.name = 'TrainingError';
    this.problem = { ...problem, what, fix };
  }
}

/** The caller asked to stop; a checkpoint of `step` has been saved. */
export class TrainingInterrupted extends Error {
  readonly code = 'training-interrupted';
  readonly step: number;

  constructor(step: number) {
    super(`Training was stopped after step ${step}; it goes on from there when it is run again.`);
    this.name = 'TrainingInterrupted';
    this.step = step;
  }
}

function describe(problem: TrainingProblem): { readonly what: string; readonly fix: string } {
  switch (problem.code) {
    case 'diverged': {
      const { stage, step, quantity, value, exampleIds, lastCheckpoint } = problem;
      const shown = exampleIds.slice(0, 8).join(', ');
      const more = exampleIds.length > 8 ? ` and ${exampleIds.length - 8} more` : '';
      const good =
        lastCheckpoint === 0 ? 'no good checkpoint' : `the last good checkpoint is of step ${lastCheckpoint}`;
      return {
        what: `the ${quantity} became ${value} at step ${step} (stage ${stage}) on ${shown}${more}; ${good}`,
        fix: "lower the stage's learning rates, or look at these examples",
      };
    }
    case 'checkpoint-mismatch':
      return {
        what: `the checkpoint cannot be resumed: ${problem.problem}`,
        fix: "delete the run's checkpoints folder and run again; it will be trained anew",
      };
    case 'word-outside-vocabulary': {
      const { word, text, vocabularySize, needed } = problem;
      return {
        what: `the model's vocabulary of ${vocabularySize} tokens has no "${word}", which "${text}" needs`,
        fix: `set the vocabularySize of the language model to ${needed}`,
      };
    }
    default:
      return problem satisfies never;
  }
}
