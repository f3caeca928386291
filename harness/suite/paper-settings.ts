/**
 * The paper scale of a suite as it is trained: what it states without the notes and assumptions of the plan, and what its arms change. Where
 * an arm says nothing about this scale, its overlay is taken as it is, with steps in proportion: as many more or fewer as at the embedded
 * scale.
 */
import { UserError } from '../errors.js';
import type { Arm } from './arms.js';
import { type Layer, stated } from './overlay.js';
import { type Overlay, type Scale, trainedPaperSchema } from './run-config-schema.js';
import type { Suite } from './schema.js';

type PaperScale = NonNullable<Suite['scales']['paper']>;
export type PaperStage = PaperScale['recipe']['stages'][number];

const stateIt = 'add it (suites/base.yaml has one), or run another scale';

/** @throws UserError `not-available` for a suite without a paper scale */
export function paperScaleOf({ id, scales: { paper } }: Pick<Suite, 'id' | 'scales'>): PaperScale {
  if (paper !== undefined) return paper;
  throw new UserError({
    code: 'not-available',
    what: `${id} describes no paper scale`,
    expected: 'scales.paper in the suite',
    fix: stateIt,
  });
}

/** What is trained. @throws UserError `not-available` naming every field that a paper scale lacks */
export function paperSettings(suite: Pick<Suite, 'id' | 'scales'>): Scale {
  const { tokenizer, model, recipe, generation, evaluation } = paperScaleOf(suite);
  const { note: _, stages, ...rest } = recipe;
  const trained = stages.map(({ textTokensPerExample: __, answerTokensPerExample: ___, ...stage }) => stage);
  const settings = { tokenizer, model, recipe: { ...rest, stages: trained }, generation, evaluation };
  const parsed = trainedPaperSchema.safeParse(JSON.parse(JSON.stringify(settings)));
  if (parsed.success) return parsed.data;
  const fields = [...new Set(parsed.error.issues.map(({ path }) => path.map(String).join('.')))];
  throw new UserError({
    code: 'not-available',
    what: `the paper scale of ${suite.id} can be planned and not trained: ${fields.join(', ')} ${fields.length === 1 ? 'is' : 'are'} missing or wrong`,
    where: `${suite.id}, scales.paper`,
    expected: 'everything that a run is trained with',
    fix: 'state it as suites/base.yaml does, or run another scale',
  });
}

/** @throws UserError `usage` for a smoke run, `suite-invalid` where a level changes a stage that this scale has not */
export function requirePaperScale(suite: Suite, smoke: boolean): void {
  if (smoke) {
    throw new UserError(
      {
        code: 'usage',
        what: 'the paper scale has no smoke runs: the suite shortens the embedded scale only',
        expected: '--scale embedded',
        fix: 'leave out --smoke, or run the embedded scale',
      },
      { exitCode: 2 },
    );
  }
  const known = paperScaleOf(suite).recipe.stages.map(({ name }) => name);
  const unknown = Object.entries(suite.factors).flatMap(([factor, { levels }]) =>
    Object.keys(levels).flatMap((level) => {
      const { at, overlay } = paperLayer(suite, factor, level);
      return Object.keys(overlay.recipe?.stages ?? {})
        .filter((name) => !known.includes(name))
        .map((name) => [...at, 'recipe', 'stages', name].join('.'));
    }),
  );
  if (unknown.length === 0) return;
  throw new UserError({
    code: 'suite-invalid',
    what: `${unknown.join(', ')}: the paper scale has no such stage`,
    where: suite.id,
    expected: `one of ${known.join(', ')}`,
    fix: 'state under scales.paper.factors what the levels change at this scale',
  });
}

/** What is evaluated on. @throws UserError `not-available` where the scale does not say */
export function paperData(suite: Pick<Suite, 'id' | 'scales'>): string {
  const { data } = paperScaleOf(suite);
  if (data !== undefined) return data;
  throw new UserError({
    code: 'not-available',
    what: `the paper scale of ${suite.id} can be planned and not trained: it names no data`,
    where: `${suite.id}, scales.paper`,
    expected: 'data: the name of a data set',
    fix: 'state it, or give --data',
  });
}

/** What the levels of an arm change; the last one wins. */
export function paperLayers(suite: Suite, levels: Arm['levels']): readonly Layer[] {
  return Object.entries(levels).map(([factor, level]) => paperLayer(suite, factor, level));
}

function paperLayer(suite: Suite, factor: string, level: string): Layer {
  const own = suite.scales.paper?.factors?.[factor]?.[level];
  if (own !== undefined) return { at: ['scales', 'paper', 'factors', factor, level], overlay: own };
  const { overlay } = suite.factors[factor]!.levels[level]!;
  return { at: ['factors', factor, 'levels', level, 'overlay'], overlay: inProportion(suite, overlay) };
}

function inProportion({ scales }: Suite, overlay: Overlay): Overlay {
  const stages = overlay.recipe?.stages;
  if (stages === undefined) return overlay;
  const stepsOf = (some: readonly { readonly name: string; readonly steps: number }[] | undefined, name: string) =>
    some?.find((stage) => stage.name === name)?.steps;
  const changed = Object.entries(stages).map(([name, { steps, ...stage }]) => {
    const embedded = stepsOf(scales.embedded.recipe.stages, name);
    const paper = stepsOf(scales.paper?.recipe.stages, name);
    if (steps === undefined || paper === undefined) return [name, stage];
    return [name, { ...stage, steps: embedded ? Math.round((paper * steps) / embedded) : paper }];
  });
  return { ...overlay, recipe: { ...overlay.recipe, stages: Object.fromEntries(changed) } };
}

/** The stages of an arm with the plan's assumptions about their texts. */
export function paperStages(suite: Suite, { levels }: Pick<Arm, 'levels'>): readonly PaperStage[] {
  const layers = paperLayers(suite, levels);
  return paperScaleOf(suite).recipe.stages.map((stage): PaperStage => {
    let changed: PaperStage = stage;
    for (const { overlay } of layers) changed = { ...changed, ...stated(overlay.recipe?.stages?.[stage.name] ?? {}) };
    return changed;
  });
}
