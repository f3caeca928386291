/**
 * Rules about what the overlays of a suite amount to: every arm on every data set, also as a smoke run, can be trained and gives the
 * scores that the hypotheses ask for. Complaints about a resolved value are traced back to the overlay or the scale that states it.
 */
import {
  isTextStage,
  lastTrainedStage,
  type Recipe,
  type RunConfig,
  type TextStage,
} from '../../../reference-model/recipe/recipe.js';
import { canonicalJson } from '../../files/canonical-json.js';
import { type Arm, armsOf } from '../arms.js';
import type { Complaint } from '../complaint.js';
import { hypothesesOn } from '../plan.js';
import { runConfigSchema } from '../run-config-schema.js';
import type { DataSetName, Hypothesis, Suite } from '../schema.js';
import { layersOf, type Setting, settingsOf } from '../settings.js';
import { infeasibilities } from './feasibility.js';
import { missingScore } from './measurability.js';

type Path = readonly (string | number)[];

/** One arm on one data set, and what it amounts to. */
interface Case {
  readonly arm: Arm;
  readonly dataSet: DataSetName;
  readonly smoke: boolean;
  readonly config: RunConfig;
}

/** @param suite one that keeps its other rules */
export function settingsComplaints(suite: Suite): readonly Complaint[] {
  const found: { readonly complaint: Complaint; readonly case: Case }[] = [];
  const cases = casesOf(suite);
  for (const each of cases) {
    // What is wrong without --smoke need not be said of its smoke run again.
    const known =
      each.smoke && found.some(({ case: { arm, dataSet } }) => arm.id === each.arm.id && dataSet === each.dataSet);
    if (!known) found.push(...complaintsAbout(each, suite).map((complaint) => ({ complaint, case: each })));
  }
  // One complaint about a field is enough: whoever fixes it for one data set will see what another asks for.
  const first = new Map(found.toReversed().map(({ complaint }) => [canonicalJson(complaint.path), complaint]));
  if (first.size === 0) return [...sameArmComplaints(suite, cases), ...unlikeArmComplaints(suite, cases)];
  return [...first].toReversed().map(([key, complaint]) => {
    const about = found.filter((other) => canonicalJson(other.complaint.path) === key);
    const message = `${complaint.message}${whereText(
      about.map((other) => other.case),
      cases,
    )}`;
    return { ...complaint, message };
  });
}

function casesOf(suite: Suite): readonly Case[] {
  const seed = suite.seeds[0]!;
  return [false, true].flatMap((smoke) =>
    (Object.keys(suite.data) as DataSetName[]).flatMap((dataSet) =>
      armsOf(suite.factors).map((arm) => {
        const scale = settingsOf(suite, { dataSet, levels: arm.levels, smoke });
        return { arm, dataSet, smoke, config: { data: { name: dataSet }, ...scale, seed } as RunConfig };
      }),
    ),
  );
}

function complaintsAbout(each: Case, suite: Suite): readonly Complaint[] {
  const { arm, dataSet, config } = each;
  const setting = { ...each, levels: arm.levels };
  const traced = (complaint: Complaint) => tracedBack(complaint, config, suite, setting);
  const broken = consistencyComplaints(config);
  if (broken.length > 0) return broken.map(traced);
  const impossible = infeasibilities(config);
  if (impossible.length > 0) return impossible.map(traced);
  return hypothesesOn(suite, dataSet).flatMap((hypothesis, index): readonly Complaint[] => {
    if (!isAbout(hypothesis, arm)) return [];
    const missing = missingScore(config, hypothesis.metric);
    if (missing === undefined) return [];
    const changed = suite.data[dataSet]?.hypotheses?.[hypothesis.id]?.metric !== undefined;
    const path = changed ? ['data', dataSet, 'hypotheses', hypothesis.id, 'metric'] : ['hypotheses', index, 'metric'];
    const { involves } = traced({ path: missing.fields[0]!, message: '', involves: missing.fields.slice(1) });
    const message = `is ${hypothesis.metric}, which is not measured: ${missing.reason}`;
    return [{ path, message, fix: 'choose another metric, or measure this one', ...(involves ? { involves } : {}) }];
  });
}

/** What the schema of configurations says about the whole; the suite's own schema has checked each part of it. */
function consistencyComplaints(config: RunConfig): readonly Complaint[] {
  const parsed = runConfigSchema.safeParse(config);
  if (parsed.success) return [];
  return parsed.error.issues.map((issue) => {
    const path = issue.path as Path;
    if (issue.code === 'custom') return { path, message: issue.message, ...issue.params };
    const choices = issue.code === 'invalid_value' ? { expected: `one of ${issue.values.map(String).join(', ')}` } : {};
    return { path, message: issue.message, fix: 'correct the value', ...choices };
  });
}

/** The same complaint about the fields of the suite that state what the configuration holds, the most specific overlay first. */
function tracedBack(complaint: Complaint, config: RunConfig, suite: Suite, setting: Setting): Complaint {
  const layers = layersOf(suite, setting);
  const trace = (path: Path): { readonly path: Path; readonly rank: number } => {
    if (path[0] === 'data') return { path: ['data', setting.dataSet], rank: 0 };
    const rank = layers.findLastIndex(({ overlay }) => statedIn(overlay, path, config) !== undefined);
    if (rank < 0) return { path: ['scales', 'embedded', ...path], rank };
    const { at, overlay } = layers[rank]!;
    return { path: [...at, ...statedIn(overlay, path, config)!], rank };
  };
  const own = trace(complaint.path);
  const involved = [own, ...(complaint.involves ?? []).map(trace)].sort((left, right) => right.rank - left.rank);
  return { ...complaint, path: own.path, involves: involved.map(({ path }) => path) };
}

/** The path in an overlay that sets a value of the configuration, if the overlay does. */
function statedIn(overlay: unknown, path: Path, { recipe }: RunConfig): Path | undefined {
  const [section, key, ...rest] = path;
  if (section === 'recipe' && key === 'stages') {
    const [index, field, ...inside] = rest;
    if (field === undefined) return undefined;
    const inStage = ['recipe', 'stages', recipe.stages[Number(index)]?.name ?? '', field];
    if (valueAt(overlay, inStage) !== undefined) return [...inStage, ...inside];
    return field === 'attentionMask' && valueAt(overlay, [field]) !== undefined ? [field] : undefined;
  }
  const isNested = section === 'model' || key === 'optimizer' || key === 'initialization';
  return valueAt(overlay, path.slice(0, isNested ? 3 : 2)) === undefined ? undefined : path;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inside, key) => Object(inside)[key], value);
}

function isAbout(hypothesis: Hypothesis, { id, levels }: Arm): boolean {
  if (hypothesis.test === 'paired') return id === hypothesis.treatment || id === hypothesis.control;
  return Object.entries(hypothesis.within ?? {}).every(([factor, level]) => levels[factor] === level);
}

/** Arms that are the same have equal scores: a difference between them, or a trend over them, says nothing. */
function sameArmComplaints(suite: Suite, cases: readonly Case[]): readonly Complaint[] {
  const dataSets = Object.keys(suite.data);
  return suite.hypotheses.flatMap((hypothesis, index): readonly Complaint[] => {
    const compared = cases.filter(({ smoke, arm }) => !smoke && isAbout(hypothesis, arm));
    const equalOn = dataSets.filter((name) => {
      const configs = compared.filter(({ dataSet }) => dataSet === name).map(({ config }) => canonicalJson(config));
      return new Set(configs).size === 1;
    });
    if (equalOn.length === 0) return [];
    const isPaired = hypothesis.test === 'paired';
    const what = isPaired
      ? `is ${hypothesis.control}, which amounts to the same configuration as the treatment ${hypothesis.treatment}`
      : `is ${hypothesis.factor}, whose levels amount to one and the same configuration`;
    const message = `${what}${equalOn.length < dataSets.length ? ` on ${equalOn.join(', ')}` : ''}`;
    const path = ['hypotheses', index, isPaired ? 'control' : 'factor'];
    const overlays = compared.flatMap(({ arm: { levels } }) =>
      Object.entries(levels).map(([factor, level]) => ['factors', factor, 'levels', level, 'overlay']),
    );
    return [{ path, message, fix: 'let the overlays of the arms differ', involves: overlays }];
  });
}

/** What has to be the same in arms whose scores are compared: they are scored on the same images or questions, as often. */
function sharedFields(metric: Hypothesis['metric'], config: RunConfig): readonly SharedField[] {
  const { recipe } = config;
  const evaluated = (...keys: readonly string[]): SharedField => {
    const path = ['evaluation', ...keys];
    return { path, value: valueAt(config, path) };
  };
  switch (metric.split('/')[0]) {
    case 'CIDEr-D':
      return [evaluated('split'), evaluated('captionImages')];
    case 'accuracy':
    case 'baseline':
      return [evaluated('split'), evaluated('questions')];
    case 'exact-match':
    case 'answer-loss':
      return [
        evaluated('split'),
        evaluated('teacherForced', metric.split('/')[1] === 'ai-captions' ? 'captions' : 'questions'),
      ];
    case 'validation-loss':
      return [validationField(recipe, lastTrainedStage(recipe.stages), 'examples')];
    case 'validation-area': {
      const last = lastTrainedStage(recipe.stages);
      return [validationField(recipe, last, 'examples'), validationField(recipe, last, 'everySteps')];
    }
    default: {
      const learner = recipe.stages
        .filter(isTextStage)
        .find(({ steps, trainable }) => steps > 0 && trainable.includes('language'));
      return [validationField(recipe, learner, 'examples'), validationField(recipe, learner, 'everySteps')];
    }
  }
}

interface SharedField {
  readonly path: Path;
  readonly value: unknown;
}

/** What a stage states of its validation, or else the recipe for it. */
function validationField(recipe: Recipe, stage: TextStage | undefined, key: 'examples' | 'everySteps'): SharedField {
  const ofRecipe = key === 'examples' ? 'validationExamples' : 'validateEverySteps';
  if (stage?.validation?.[key] === undefined) return { path: ['recipe', ofRecipe], value: recipe[ofRecipe] };
  return { path: ['recipe', 'stages', recipe.stages.indexOf(stage), 'validation'], value: stage.validation[key] };
}

function unlikeArmComplaints(suite: Suite, cases: readonly Case[]): readonly Complaint[] {
  const found = cases.flatMap((each) =>
    hypothesesOn(suite, each.dataSet).flatMap((hypothesis): readonly Complaint[] => {
      const isCompared = ({ dataSet, smoke, arm }: Case) =>
        dataSet === each.dataSet && smoke === each.smoke && isAbout(hypothesis, arm);
      const reference = cases.find(isCompared);
      if (reference === undefined || !isCompared(each)) return [];
      const others = sharedFields(hypothesis.metric, reference.config);
      return sharedFields(hypothesis.metric, each.config).flatMap((own, index): readonly Complaint[] => {
        const other = others[index]!;
        if (own.value === other.value) return [];
        const values = `it is ${other.value} in ${reference.arm.id} and ${own.value} in ${each.arm.id}`;
        const message = `must be the same in all arms that ${hypothesis.id} compares: ${values}`;
        const compared = [
          { ...each, path: own.path },
          { ...reference, path: other.path },
        ];
        const traces = compared.map(({ path, config, arm, ...where }) =>
          tracedBack({ path, message }, config, suite, { ...where, levels: arm.levels }),
        );
        const overlaid = traces.filter((trace) => trace.path[0] !== 'scales');
        return [{ path: overlaid[0]!.path, message, involves: overlaid.map((trace) => trace.path) }];
      });
    }),
  );
  return [...new Map(found.toReversed().map((complaint) => [canonicalJson(complaint.path), complaint])).values()];
}

/** Which of all cases are meant; empty where all are. */
function whereText(some: readonly Case[], all: readonly Case[]): string {
  const names = (of: readonly Case[], name: (each: Case) => string) => [...new Set(of.map(name))];
  const partly = (name: (each: Case) => string): string | undefined => {
    const chosen = names(some, name);
    return chosen.length < names(all, name).length ? chosen.join(', ') : undefined;
  };
  const arms = partly(({ arm }) => arm.id);
  const dataSets = partly(({ dataSet }) => dataSet);
  const parts = [
    ...(arms === undefined ? [] : [`${arms.includes(', ') ? 'arms' : 'arm'} ${arms}`]),
    ...(dataSets === undefined ? [] : [`on ${dataSets}`]),
    ...(some.every(({ smoke }) => smoke) ? ['with --smoke'] : []),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
