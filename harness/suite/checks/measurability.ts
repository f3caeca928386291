/** Whether a run of a configuration will have a score, told before it is trained. */
import {
  isTextStage,
  lastTrainedStage,
  type RunConfig,
  type Source,
  type Stage,
} from '../../../reference-model/recipe/recipe.js';
import { convergenceCurve } from '../../measures/convergence.js';
import type { MeasureId } from '../../measures/measures.js';
import type { RunEvent } from '../../measures/run-events.js';
import { validationAreas } from '../../measures/validation-area.js';
import { dataFacts } from '../data-facts.js';

export interface Missing {
  /** Completes "is not measured: …". */
  readonly reason: string;
  /** The fields of the configuration that decide it, the first that is to be changed first. */
  readonly fields: readonly (readonly (string | number)[])[];
}

/** @returns undefined where the score will be there */
export function missingScore(config: RunConfig, metric: MeasureId): Missing | undefined {
  const [family, ...rest] = metric.split('/');
  switch (family) {
    case 'CIDEr-D':
      return missingCaptions(config);
    case 'accuracy':
    case 'baseline':
      return missingAnswers(config, rest.at(-1) ?? '');
    case 'validation-loss':
      return missingLoss(config, rest[0] as Source);
    case 'validation-area':
      return missingArea(config, metric);
    default:
      return missingConvergence(config);
  }
}

function missingCaptions({ evaluation }: RunConfig): Missing | undefined {
  if (evaluation.captionImages > 0) return undefined;
  return { reason: 'no image is captioned', fields: [['evaluation', 'captionImages']] };
}

function missingAnswers({ data, evaluation }: RunConfig, part: string): Missing | undefined {
  const fields = [
    ['evaluation', 'questions'],
    ['data', 'name'],
  ];
  if (evaluation.questions === 0) return { reason: 'no question is asked', fields };
  const kind = part === 'yes-no' ? 'yes/no' : part;
  if (kind !== 'yes/no' && kind !== 'open') return undefined;
  const first = dataFacts[data.name].firstQuestion[evaluation.split][kind];
  if (evaluation.questions > first) return undefined;
  const reason = `the first ${kind} question of ${data.name} is number ${first + 1} of its ${evaluation.split} split`;
  return { reason: `${reason}, and ${evaluation.questions} are asked`, fields };
}

/** The losses of the last validation count. */
function missingLoss(config: RunConfig, source: Source): Missing | undefined {
  const { stages } = config.recipe;
  const last = lastTrainedStage(stages);
  if (last === undefined) return { reason: 'no stage has a step', fields: [['recipe', 'stages']] };
  if (validatedSources(config, last).includes(source)) return undefined;
  const name = last.data ?? config.data.name;
  const fields = [
    ['recipe', 'stages', stages.indexOf(last), 'data'],
    ['data', 'name'],
  ];
  return { reason: `the last stage is validated on ${name}, which has no such captions`, fields };
}

function missingArea(config: RunConfig, metric: MeasureId): Missing | undefined {
  if (validationAreas(expectedEvents(config), config)[metric] !== undefined) return undefined;
  const { stages } = config.recipe;
  const last = lastTrainedStage(stages);
  if (last === undefined) return { reason: 'no stage learns texts', fields: [['recipe', 'stages']] };
  const at = ['recipe', 'stages', stages.indexOf(last)] as const;
  const name = last.data ?? config.data.name;
  return {
    reason: `the stage ${last.name} is not validated before its first step (validateStart), or ${name} lacks what is measured`,
    fields: [
      [...at, 'validateStart'],
      [...at, 'data'],
      ['data', 'name'],
    ],
  };
}

/** What is asked of a run's events is asked of the events that it will have. */
function missingConvergence(config: RunConfig): Missing | undefined {
  if (convergenceCurve(expectedEvents(config), config) !== undefined) return undefined;
  const stages = config.recipe.stages.map((stage, index) => ({ stage, index }));
  const first = stages.find(({ stage }) => stage.steps > 0 && stage.trainable.includes('language'));
  if (first === undefined)
    return { reason: 'no stage with steps trains the language model', fields: [['recipe', 'stages']] };
  const { stage, index } = first;
  const validated = validatedSources(config, stage);
  const unseen = Object.entries(isTextStage(stage) ? stage.mixture : {}).find(
    ([source, weight]) => weight > 0 && !validated.includes(source as Source),
  );
  const at = ['recipe', 'stages', index] as const;
  if (unseen !== undefined) {
    const fields = [
      [...at, 'mixture'],
      [...at, 'data'],
    ];
    return { reason: `the stage ${stage.name} learns from ${unseen[0]}, on which no loss is measured`, fields };
  }
  const reason = `nothing is validated under the mask and on the data of the stage ${stage.name} before its first step`;
  const before = ['recipe', 'stages', index - 1] as const;
  return {
    reason,
    fields: [
      [...before, 'attentionMask'],
      [...at, 'attentionMask'],
      [...at, 'data'],
      [...before, 'data'],
    ],
  };
}

/** The validations that the trainer reports, before the first step of all or of a stage and at the end of each, and its last steps. */
function expectedEvents(config: RunConfig): readonly RunEvent[] {
  const events: RunEvent[] = [];
  let step = 0;
  for (const stage of config.recipe.stages) {
    if (stage.steps === 0) continue;
    const loss = Object.fromEntries(validatedSources(config, stage).map((source) => [source, 1]));
    const validation = { type: 'validation', stage: stage.name, loss } as const;
    if (isTextStage(stage) && (step === 0 || stage.validateStart)) events.push({ ...validation, step });
    step += stage.steps;
    const progress = { totalSteps: step, loss: 1, learningRate: {}, gradientNorm: 1, tokens: 1, answerTokens: 1 };
    events.push({ type: 'step', stage: stage.name, step, ...progress });
    if (isTextStage(stage)) events.push({ ...validation, step });
  }
  return events;
}

/** Open questions are validated among the others. */
function validatedSources({ data }: RunConfig, stage: Stage): readonly Source[] {
  return [...dataFacts[stage.data ?? data.name].captions, 'questions'];
}
