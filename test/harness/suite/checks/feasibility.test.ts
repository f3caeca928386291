/** What is known about data sets and backbones beforehand is held against them, and the rules against what the trainer would meet. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MeasureId } from '../../../../harness/measures/measures.js';
import { infeasibilities } from '../../../../harness/suite/checks/feasibility.js';
import { missingScore } from '../../../../harness/suite/checks/measurability.js';
import { type DataFacts, dataFacts } from '../../../../harness/suite/data-facts.js';
import { planSuite } from '../../../../harness/suite/plan.js';
import { readSafetensors } from '../../../../reference-model/checkpoint/safetensors.js';
import { type DataSet, QUESTION_TYPES, type Sample } from '../../../../reference-model/data/dataset.js';
import { loadDataSet } from '../../../../reference-model/data/load-dataset.js';
import type { EmbeddedDataSetName } from '../../../../reference-model/data/registry.js';
import { loadEmbeddedTokenizer } from '../../../../reference-model/data/tokenizer/load-tokenizer.js';
import { parameterSpecifications, TOKEN_TABLE } from '../../../../reference-model/model/parameters.js';
import type { RunConfig, StageValidation } from '../../../../reference-model/recipe/recipe.js';
import { CAPTION_PROMPT, examplesOf } from '../../../../reference-model/training/examples.js';
import { firstVersion } from '../../../fixtures/first-version.js';

const { config } = planSuite(firstVersion('finding-1')).runs[0]!;
const tokenizer = loadEmbeddedTokenizer();
const length = (text: string) => tokenizer.encode(text).length;

/** Read off a data set. */
function factsOf({ splits }: DataSet<Sample>): DataFacts {
  const samples = Object.values(splits).flat();
  const questions = samples.flatMap((sample) => sample.questions);
  const examples = (['human-captions', 'ai-captions', 'questions'] as const).flatMap((source) =>
    examplesOf(samples, source),
  );
  const texts = examples.map(({ prompt, answer }) => [...tokenizer.encode(prompt), ...tokenizer.encode(answer)]);
  const types = [...new Set(questions.map(({ questionType }) => questionType!))];
  const kindsOf = (type: string) =>
    (['yes/no', 'open'] as const).filter((kind) =>
      questions.some((question) => question.questionType === type && question.kind === kind),
    );
  const first = (split: 'validation' | 'test') => {
    const asked = splits[split].flatMap((sample) => sample.questions);
    const of = (kind: string) => asked.findIndex((question) => question.kind === kind);
    return { 'yes/no': of('yes/no'), open: of('open') };
  };
  return {
    imageSize: samples[0]!.image.width,
    captions: (['human-captions', 'ai-captions'] as const).filter((source) =>
      samples.every((sample) => examplesOf([sample], source).length > 0),
    ),
    words: samples.every(({ words }) => words !== undefined),
    questionTypes: Object.fromEntries(types.map((type) => [type, kindsOf(type)])),
    firstQuestion: { validation: first('validation'), test: first('test') },
    tokens: Math.max(...texts.map((ids) => Math.max(...ids))) + 1,
    longestText: Math.max(...texts.map((ids) => ids.length)),
    longestQuestion: Math.max(...questions.map(({ question }) => length(question))),
  };
}

describe('the facts about a data set', () => {
  test.each(['tiny-scenes', 'tiny-pathology', 'tiny-scenes-2', 'tiny-pathology-2'] as const)(
    'that is generated are those of %s',
    async (name) => {
      const data = await loadDataSet({ name });
      const images = Object.values(data.splits).flat();
      expect(new Set(images.flatMap(({ image }) => [image.width, image.height]))).toEqual(new Set([32]));
      expect(dataFacts.get(name)!).toEqual(factsOf(data));
      for (const source of ['human-captions', 'ai-captions'] as const) {
        if (!dataFacts.get(name)!.captions.includes(source)) expect(examplesOf(images, source)).toEqual([]);
      }
    },
  );

  test('that is read from disk hold for a part of it', async () => {
    const root = new URL('../../../fixtures/easy-vqa', import.meta.url).pathname;
    const part = factsOf(await loadDataSet({ name: 'easy-vqa', root }));
    const whole = dataFacts.get('easy-vqa')!;
    expect(part).toMatchObject({ imageSize: whole.imageSize, captions: [], words: false });
    expect(part.tokens).toBeLessThanOrEqual(whole.tokens);
    expect(part.longestText).toBeLessThanOrEqual(whole.longestText);
    expect(part.longestQuestion).toBeLessThanOrEqual(whole.longestQuestion);
    for (const [type, kinds] of Object.entries(part.questionTypes)) {
      expect(whole.questionTypes[type]).toEqual(expect.arrayContaining([...kinds]));
    }
  });

  test('know the longer instruction for captions', () => {
    const { maximumNewTokens: _, ...generation } = config.generation;
    const visual = 16;
    const prompt = Math.max(...Object.values(CAPTION_PROMPT).map(length));
    const most = config.model.language.maximumPositions - visual - 1 - prompt;
    const captionsOnly = (maximumNewTokens: number): RunConfig => ({
      ...config,
      evaluation: { ...config.evaluation, questions: 0 },
      generation: { ...generation, maximumNewTokens },
    });
    expect(infeasibilities(captionsOnly(most))).toEqual([]);
    expect(infeasibilities(captionsOnly(most + 1)).map(({ path }) => path)).toEqual([
      ['generation', 'maximumNewTokens'],
    ]);
  });
});

describe('a model that starts from shipped weights', () => {
  const shapes = new Map<string, readonly number[]>();
  beforeAll(() => {
    for (const part of ['vision', 'language']) {
      const url = new URL(`../../../../reference-model/weights/${part}.safetensors`, import.meta.url);
      for (const [name, { shape }] of readSafetensors(readFileSync(url), part).tensors) shapes.set(name, shape);
    }
  });

  /** Whether names and shapes are those of the files, a longer vocabulary allowed. */
  function loads(model: RunConfig['model']): boolean {
    const wanted = parameterSpecifications(model).filter(({ part }) => part !== 'connector');
    return (
      wanted.length === shapes.size &&
      wanted.every(({ name, shape }) => {
        const shipped = shapes.get(name);
        const fits = (size: number, axis: number) =>
          size === shipped?.[axis] || (name === TOKEN_TABLE && axis === 0 && size > shipped![0]!);
        return shipped?.length === shape.length && shape.every(fits);
      })
    );
  }

  test.each([
    ['vision', {}],
    ['vision', { hiddenSize: 128 }],
    ['vision', { intermediateSize: 128 }],
    ['vision', { layers: 2 }],
    ['vision', { layers: 0 }],
    ['vision', { patchSize: 4 }],
    ['vision', { imageSize: 64 }],
    ['vision', { attentionHeads: 2 }],
    ['language', { hiddenSize: 32 }],
    ['language', { intermediateSize: 64 }],
    ['language', { layers: 4 }],
    ['language', { vocabularySize: 215 }],
    ['language', { vocabularySize: 256 }],
    ['language', { keyValueHeads: 4 }],
    ['language', { attentionHeads: 8, keyValueHeads: 4 }],
    ['language', { attentionHeads: 2, keyValueHeads: 1 }],
    ['language', { maximumPositions: 128 }],
  ] as const)('has their sizes: %s %o', (part, change) => {
    const model = { ...config.model, [part]: { ...config.model[part], ...change } } as RunConfig['model'];
    const changed = { ...config, model };
    const complaints = infeasibilities(changed).filter(({ message }) => message.includes('pretrained'));
    expect(complaints.length === 0).toBe(loads(model));
    for (const { path } of complaints) expect(path[1]).toBe(part);
    const initialization = { ...config.recipe.initialization, [part]: 'random' } as const;
    const random = infeasibilities({ ...changed, recipe: { ...config.recipe, initialization } });
    expect(random.filter(({ message }) => message.includes('pretrained'))).toEqual([]);
  });
});

describe('a score', () => {
  const on = (name: EmbeddedDataSetName, changes: Partial<RunConfig['evaluation']>): RunConfig => ({
    ...config,
    data: { name },
    evaluation: { ...config.evaluation, ...changes },
  });

  test('of a kind of question needs as many questions as come before the first of that kind', () => {
    expect(missingScore(on('tiny-scenes', { questions: 2 }), 'accuracy/open')).toBeUndefined();
    expect(missingScore(on('tiny-scenes', { questions: 1 }), 'accuracy/open')?.reason).toContain('number 2');
    expect(missingScore(on('easy-vqa', { questions: 3 }), 'baseline/blind/yes-no')).toBeDefined();
    expect(missingScore(on('easy-vqa', { questions: 4 }), 'baseline/blind/yes-no')).toBeUndefined();
    expect(missingScore(on('tiny-scenes', { questions: 0 }), 'accuracy')).toBeDefined();
  });

  test('of captions is there only where captions are asked for, and validated', () => {
    expect(missingScore(on('tiny-scenes', { captionImages: 0 }), 'CIDEr-D/human-captions')).toBeDefined();
    expect(missingScore(on('tiny-scenes', { captionImages: 1 }), 'CIDEr-D/human-captions')).toBeUndefined();
    expect(missingScore(on('tiny-scenes', {}), 'validation-loss/ai-captions')).toBeUndefined();
    expect(missingScore(on('tiny-pathology', {}), 'validation-loss/ai-captions')).toBeDefined();
    expect(missingScore(on('tiny-pathology', {}), 'validation-loss/questions')).toBeUndefined();
  });

  test('of references that are given needs them, and those of its group among them', () => {
    const given = (
      name: EmbeddedDataSetName,
      teacherForced: RunConfig['evaluation']['teacherForced'],
      metric: MeasureId,
    ) =>
      missingScore(on(name, { captionImages: 0, questions: 0, ...(teacherForced ? { teacherForced } : {}) }), metric);
    expect(given('tiny-scenes', undefined, 'exact-match/ai-captions')).toBeDefined();
    expect(given('tiny-scenes', { captions: 1 }, 'exact-match/ai-captions')).toBeUndefined();
    expect(given('tiny-scenes', { captions: 1 }, 'answer-loss/questions')).toBeDefined();
    expect(given('tiny-scenes', { questions: 1 }, 'answer-loss/questions')).toBeUndefined();
    expect(given('tiny-scenes', { questions: 1 }, 'exact-match/questions/open')?.reason).toContain('number 2');
    expect(given('tiny-scenes', { questions: 2 }, 'exact-match/questions/open')).toBeUndefined();
    expect(given('tiny-scenes', { questions: 64 }, 'answer-loss/questions/stain')?.reason).toContain('about stain');
    expect(given('tiny-pathology', { questions: 64 }, 'answer-loss/questions/stain')).toBeUndefined();
    expect(given('tiny-pathology', { questions: 63 }, 'answer-loss/questions/stain')?.reason).toContain('64');
    const captions = on('tiny-pathology', { captionImages: 0, teacherForced: { captions: 1 } });
    expect(infeasibilities(captions).map(({ path }) => path.join('.'))).toContain('evaluation.teacherForced.captions');
  });

  test.each(['tiny-scenes', 'tiny-pathology'] as const)('of every topic is among 64 questions of %s', async (name) => {
    const { splits } = await loadDataSet({ name });
    for (const split of ['validation', 'test'] as const) {
      const asked = splits[split].flatMap(({ questions }) => questions).slice(0, 64);
      const topics = new Set(asked.map(({ questionType }) => questionType));
      expect([...topics].sort()).toEqual(Object.keys(dataFacts.get(name)!.questionTypes).sort());
    }
  });

  test('of a topic has a measure', () => {
    const topics = [...dataFacts.values()].flatMap(({ questionTypes }) => Object.keys(questionTypes));
    expect(new Set(topics)).toEqual(new Set(QUESTION_TYPES));
  });

  test('of validation is there only where the last stage is validated at its end, on that source', () => {
    const { recipe } = config;
    const last = (validation: StageValidation): RunConfig => ({
      ...config,
      recipe: {
        ...recipe,
        stages: recipe.stages.map((stage, index) =>
          index === recipe.stages.length - 1 ? { ...stage, validation } : stage,
        ),
      },
    });
    const reason = (validation: StageValidation) => missingScore(last(validation), 'validation-loss/questions')?.reason;
    expect(reason({})).toBeUndefined();
    expect(reason({ everySteps: 1, atEnds: false })).toBeUndefined();
    expect(reason({ everySteps: 9, atEnds: false })).toContain('after the last step');
    expect(reason({ sources: [] })).toContain('after the last step');
    expect(reason({ sources: ['ai-captions'] })).toContain('not validated on questions');
    const about = { ...last({ sources: ['ai-captions', 'questions'] }), data: { name: 'tiny-pathology' } as const };
    expect(infeasibilities(about).map(({ path }) => path.join('.'))).toContain(
      `recipe.stages.${recipe.stages.length - 1}.validation.sources.0`,
    );
  });

  test('of convergence needs its stage validated from first to last, on as many examples', () => {
    const { recipe } = config;
    const withStages = (validations: readonly StageValidation[]): RunConfig => ({
      ...config,
      recipe: {
        ...recipe,
        stages: recipe.stages.map((stage, index) => ({
          ...stage,
          attentionMask: 'causal',
          validation: validations[index] ?? {},
        })),
      },
    });
    const reason = (...validations: readonly StageValidation[]) =>
      missingScore(withStages(validations), 'convergence/area')?.reason;
    expect(reason()).toBeUndefined();
    expect(reason({ sources: [] })).toBeUndefined();
    expect(reason({}, { sources: [] })).toContain('before its first step');
    expect(reason({}, { examples: 3 })).toContain('before its first step');
    expect(reason({}, {}, { everySteps: 159, atEnds: false })).toContain('after its last step');
    expect(reason({}, {}, { sources: ['questions'] })).toContain('on which no loss is measured');
  });

  test('of convergence needs a comparable validation before the stage', () => {
    const { recipe } = config;
    const masked = (before: 'causal' | 'visual-bidirectional'): RunConfig => ({
      ...config,
      recipe: {
        ...recipe,
        stages: recipe.stages.map((stage, index) => (index < 2 ? { ...stage, attentionMask: before } : stage)),
      },
    });
    expect(missingScore(masked('causal'), 'convergence/area')).toBeUndefined();
    expect(missingScore(masked('visual-bidirectional'), 'convergence/area')?.reason).toContain('under the mask');
    const frozen = { ...recipe, stages: recipe.stages.slice(0, 2) };
    expect(missingScore({ ...config, recipe: frozen }, 'convergence/area')?.reason).toContain(
      'trains the language model',
    );
  });
});
