/** References given token by token, held against what the model generates by itself and against the loss of each alone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSet, Sample } from '../../../reference-model/data/dataset.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { predict } from '../../../reference-model/evaluation/predict.js';
import { teacherForced } from '../../../reference-model/evaluation/teacher-forced.js';
import { disposeModel, type Model } from '../../../reference-model/model/model.js';
import { sequenceLoss } from '../../../reference-model/model/sequence-loss.js';
import { visualEmbeddings } from '../../../reference-model/model/visual-embeddings.js';
import type { RunConfig, TextStage } from '../../../reference-model/recipe/recipe.js';
import { buildExampleBatch } from '../../../reference-model/training/example-batch.js';
import { modelTokenizer } from '../../../reference-model/training/model-tokenizer.js';
import { train } from '../../../reference-model/training/train.js';
import { tinyData, tinyRun } from '../training/tiny-run.js';

const [, joint] = tinyRun().recipe.stages as [TextStage, TextStage];
const learningRate = { vision: 1e-2, connector: 1e-2, language: 1e-2 };
const stage: TextStage = { ...joint, steps: 150, learningRate, mixture: { questions: 1 } };
const config: RunConfig = {
  ...tinyRun({ stages: [stage], microBatchSize: 4 }),
  evaluation: { split: 'test', captionImages: 0, questions: 90, teacherForced: { captions: 3, questions: 90 } },
};
const tokenizer = modelTokenizer(config.model.language.vocabularySize);

let data: DataSet<Sample>;
let model: Model;

beforeAll(async () => {
  await activateEngine('wasm');
  data = await tinyData();
  model = await train({
    config,
    data: { 'tiny-scenes': data },
    saveCheckpoint: async () => {},
    onEvent: () => {},
    signal: new AbortController().signal,
  });
}, 60_000);
afterAll(() => disposeModel(model));

describe('a reference given token by token', () => {
  it('is ranked first where the model generates it by itself, and nowhere else', async () => {
    const { answers, forced = [] } = await predict(model, config, data);
    const given = forced.filter(({ source }) => source === 'questions');
    expect(given.map(({ questionId }) => questionId)).toEqual(answers.map(({ questionId }) => questionId));
    const generated = given.map(({ expected }, index) => answers[index]!.text === expected);
    expect(given.map(({ exact }) => exact)).toEqual(generated);
    expect(new Set(generated)).toEqual(new Set([true, false]));
  });

  it('costs what it costs alone', async () => {
    for (const { source, imageId, prompt, expected, loss, tokens } of (await teacherForced(model, config, data)).slice(
      0,
      20,
    )) {
      const sample = data.splits.test.find((candidate) => candidate.imageId === imageId)!;
      const example = { id: '', source, sample, prompt, answer: expected } as const;
      const batch = buildExampleBatch([example], model.config, tokenizer, stage.attentionMask);
      const alone = model.inference(
        () => sequenceLoss(model, batch.sequences, { visualEmbeddings: visualEmbeddings(model, batch) }).dataSync()[0]!,
      );
      expect(loss).toBeCloseTo(alone, 4);
      expect(tokens).toBe(batch.sequences.labels.length);
    }
  });

  it('is a detailed caption of the first images, or the answer to one of the first questions', async () => {
    const forced = await teacherForced(model, config, data);
    const samples = data.splits.test;
    expect(forced.slice(0, 3).map(({ source, imageId, expected }) => [source, imageId, expected])).toEqual(
      samples.slice(0, 3).map(({ imageId, aiCaptions }) => ['ai-captions', imageId, aiCaptions[0]]),
    );
    const asked = samples.flatMap(({ questions }) => questions).slice(0, 90);
    expect(forced.slice(3).map(({ questionId, expected, kind }) => [questionId, expected, kind])).toEqual(
      asked.map(({ questionId, answer, kind }) => [questionId, answer, kind]),
    );
  });

  it('is not asked for unless the configuration does, and needs no generation', async () => {
    const { teacherForced: wanted, ...evaluation } = config.evaluation;
    expect(await predict(model, { ...config, evaluation: { ...evaluation, questions: 2 } }, data)).not.toHaveProperty(
      'forced',
    );
    const only = { ...evaluation, questions: 0, teacherForced: wanted! };
    const said = await predict(model, { ...config, evaluation: only }, data);
    expect([said.captions, said.answers, said.forced!.length]).toEqual([[], [], 93]);
  });
});
