/** The settings of one arm on one data set: overlays laid over the scale in the order data set, levels, smoke. */

import { applyOverlay, type Layer } from './overlay.js';
import { paperLayers, paperSettings } from './paper-settings.js';
import type { Scale } from './run-config-schema.js';
import type { DataSetName, Suite } from './schema.js';

/** Scales whose runs are trained. */
export type TrainedScale = 'embedded' | 'small' | 'paper';

/** Which of a suite's settings are meant. */
export interface Setting {
  /** `embedded` where it is not stated. */
  readonly scale?: TrainedScale;
  readonly dataSet: string;
  /** The level of each factor. */
  readonly levels: Readonly<Record<string, string>>;
  readonly smoke: boolean;
}

/** The last one wins. */
export function layersOf(suite: Suite, { scale, dataSet, levels, smoke }: Setting): readonly Layer[] {
  const ofLevels = Object.entries(levels).map(([factor, level]) => ({
    at: ['factors', factor, 'levels', level, 'overlay'],
    overlay: suite.factors[factor]!.levels[level]!.overlay,
  }));
  if (scale === 'paper') return paperLayers(suite, levels);
  const ofData = scale === 'small' ? undefined : suite.data[dataSet as DataSetName]?.overlay;
  return [
    { at: ['data', dataSet, 'overlay'], overlay: ofData ?? {} },
    ...ofLevels,
    ...(smoke ? [{ at: ['smoke', 'overlay'], overlay: suite.smoke.overlay }] : []),
  ];
}

/** @throws RangeError for a scale that the suite does not state */
export function settingsOf(suite: Suite, setting: Setting): Scale {
  const layers = layersOf(suite, { ...setting, smoke: false });
  const real = layers.reduce((scale, { overlay }) => applyOverlay(scale, overlay), statedScale(suite, setting.scale));
  return setting.smoke ? shortened(real, suite.smoke) : real;
}

function statedScale({ id, scales }: Suite, name: TrainedScale = 'embedded'): Scale {
  if (name === 'embedded') return scales.embedded;
  if (name === 'paper') return paperSettings({ id, scales });
  if (scales.small === undefined) throw new RangeError(`${id} states no small scale.`);
  const { scope: _, hypotheses: __, ...settings } = { scope: undefined, hypotheses: undefined, ...scales.small };
  return settings;
}

/** A smoke run does no more than the real one: a stage without steps and a data set without captions have none there either. */
function shortened(scale: Scale, { stepShare = 1, overlay }: Suite['smoke']): Scale {
  const stagesOf = ({ recipe }: Scale, steps: (steps: number, index: number) => number) =>
    recipe.stages.map((stage, index) => ({ ...stage, steps: steps(stage.steps, index) }));
  const fewer = stagesOf(scale, (steps) => Math.ceil(steps * stepShare));
  const short = applyOverlay({ ...scale, recipe: { ...scale.recipe, stages: fewer } }, overlay);
  const { recipe, evaluation } = scale;
  const { teacherForced, ...spoken } = short.evaluation;
  const forced = teacherForced === undefined ? undefined : fewerForced(evaluation.teacherForced, teacherForced);
  return {
    ...short,
    recipe: {
      ...short.recipe,
      stages: stagesOf(short, (steps, index) => Math.min(steps, recipe.stages[index]!.steps)),
    },
    evaluation: {
      ...spoken,
      captionImages: Math.min(evaluation.captionImages, short.evaluation.captionImages),
      questions: Math.min(evaluation.questions, short.evaluation.questions),
      ...(forced === undefined ? {} : { teacherForced: forced }),
    },
  };
}

type TeacherForced = Scale['evaluation']['teacherForced'];

/** No reference is forced that is not forced in the real run. */
function fewerForced(real: TeacherForced, short: NonNullable<TeacherForced>): TeacherForced {
  if (real === undefined) return undefined;
  const keys = (['captions', 'questions'] as const).filter((key) => short[key] !== undefined);
  return Object.fromEntries(keys.map((key) => [key, Math.min(real[key] ?? 0, short[key]!)]));
}
