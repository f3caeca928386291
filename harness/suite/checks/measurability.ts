/** Whether a run of a configuration will have a score, told before it is trained. */
import {
  isTextStage,
  lastTrainedStage,
  type RunConfig,
  type Stage,
  type ValidatedSource,
} from '../../../reference-model/recipe/recipe.js';
import { isValidatedAfter, VALIDATED_SOURCES, validationOf } from '../../../reference-model/recipe/stage-validation.js';
import { convergenceCurve } from '../../measures/convergence.js';
import type { MeasureId } from '../../measures/measures.js';
import type { RunEvent } from '../../measures/run-events.js';
import { validationAreas } from '../../measures/validation-area.js';
import { factsOf } from '../data-facts.js';

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
    case 'exact-match':
    case 'answer-loss':
      return missingForced(config, rest);
    case 'validation-loss':
      return missingLoss(config, rest[0] as ValidatedSource);
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
  const first = factsOf(data.name).firstQuestion[evaluation.split][kind];
  if (evaluation.questions > first) return undefined;
  const reason = `the first ${kind} question of ${data.name} is number ${first + 1} of its ${evaluation.split} split`;
  return { reason: `${reason}, and ${evaluation.questions} are asked`, fields };
}

/** So many questions of a split have every topic of their data set among them. */
const questionsOfAllTopics = 64;

function missingForced({ data, evaluation }: RunConfig, [source, part]: readonly string[]): Missing | undefined {
  const { captions = 0, questions = 0 } = evaluation.teacherForced ?? {};
  const forcedAt = (key: string): Missing['fields'] => [
    ['evaluation', 'teacherForced', key],
    ['data', 'name'],
  ];
  if (source === 'ai-captions') {
    return captions > 0 ? undefined : { reason: 'no caption is forced', fields: forcedAt('captions') };
  }
  const fields = forcedAt('questions');
  if (questions === 0) return { reason: 'no answer is forced', fields };
  if (part === undefined) return undefined;
  const facts = factsOf(data.name);
  if (part === 'yes-no' || part === 'open') {
    const kind = part === 'open' ? part : 'yes/no';
    const first = facts.firstQuestion[evaluation.split][kind];
    if (questions > first) return undefined;
    const reason = `the first ${kind} question of ${data.name} is number ${first + 1} of its ${evaluation.split} split`;
    return { reason: `${reason}, and the answers to ${questions} are forced`, fields };
  }
  if (facts.questionTypes[part] === undefined) return { reason: `${data.name} has no question about ${part}`, fields };
  if (questions >= questionsOfAllTopics) return undefined;
  return { reason: `a topic needs the answers to ${questionsOfAllTopics} questions or more to be forced`, fields };
}

/** The losses of the last validation count. */
function missingLoss(config: RunConfig, source: ValidatedSource): Missing | undefined {
  const { stages } = config.recipe;
  const last = lastTrainedStage(stages);
  if (last === undefined) return { reason: 'no stage has a step', fields: [['recipe', 'stages']] };
  const at = ['recipe', 'stages', stages.indexOf(last)] as const;
  const unvalidated = (reason: string): Missing => ({ reason, fields: [[...at, 'validation']] });
  const final = expectedEvents(config).at(-1);
  if (final?.type !== 'validation' || final.step !== endOf(config))
    return unvalidated(`nothing is validated after the last step of the stage ${last.name}`);
  if (source in final.loss) return undefined;
  const name = last.data ?? config.data.name;
  if (source === 'questions' || factsOf(name).captions)
    return unvalidated(`the stage ${last.name} is not validated on ${source}`);
  const fields = [
    [...at, 'data'],
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
    ([source, weight]) => weight > 0 && !validated.some((known) => known === source),
  );
  const at = ['recipe', 'stages', index] as const;
  if (unseen !== undefined) {
    const fields = [
      [...at, 'mixture'],
      [...at, 'validation'],
      [...at, 'data'],
    ];
    return { reason: `the stage ${stage.name} learns from ${unseen[0]}, on which no loss is measured`, fields };
  }
  const { atEnds } = validationOf(config.recipe, stage);
  if (!atEnds && !expectedEvents(config).some((event) => 'step' in event && event.step === endOf(config, index))) {
    const fields = [[...at, 'validation', 'atEnds']];
    return { reason: `the stage ${stage.name} is not validated after its last step`, fields };
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

/** The validations that the trainer will report, each behind its step. */
function expectedEvents(config: RunConfig): readonly RunEvent[] {
  const { recipe } = config;
  const events: RunEvent[] = [];
  let begin = 0;
  for (const stage of recipe.stages) {
    const end = begin + stage.steps;
    const validation = validationOf(recipe, stage);
    const loss = Object.fromEntries(validatedSources(config, stage).map((source) => [source, 1]));
    for (let step = begin; stage.steps > 0 && step <= end; step++) {
      if (!isValidatedAfter(step, validation, { begin, end })) continue;
      const progress = { totalSteps: end, loss: 1, learningRate: {}, gradientNorm: 1, tokens: 1, answerTokens: 1 };
      if (step > begin) events.push({ type: 'step', stage: stage.name, step, ...progress });
      events.push({ type: 'validation', stage: stage.name, step, loss });
    }
    begin = end;
  }
  return events;
}

/** Steps up to the end of a stage; by default of all. */
function endOf({ recipe: { stages } }: RunConfig, index = stages.length - 1): number {
  return stages.slice(0, index + 1).reduce((sum, { steps }) => sum + steps, 0);
}

function validatedSources({ data, recipe }: RunConfig, stage: Stage): readonly ValidatedSource[] {
  const { captions } = factsOf(stage.data ?? data.name);
  const { sources } = validationOf(recipe, stage);
  return VALIDATED_SOURCES.filter(
    (source) => sources.includes(source) && (source === 'questions' || captions.includes(source)),
  );
}
