import { beforeAll, describe, expect, test } from 'vitest';
import type { DataSet, Sample } from '../../../reference-model/data/dataset.js';
import { InputError } from '../../../reference-model/files/input-error.js';
import type { RunConfig, TextStage } from '../../../reference-model/recipe/recipe.js';
import { planBatches } from '../../../reference-model/training/examples.js';
import { runTokenizer } from '../../../reference-model/training/run-tokenizer.js';
import { requireTextsThatFit } from '../../../reference-model/training/texts-that-fit.js';
import { tinyData, tinyRun } from './tiny-run.js';

const stage = (name: string, source: 'questions' | 'ai-captions', steps: number): TextStage => ({
  name,
  steps,
  trainable: ['connector'],
  learningRate: { connector: 1e-3 },
  mixture: { [source]: 1 },
  attentionMask: 'causal',
});
const stages = [stage('ask', 'questions', 3), stage('tell', 'ai-captions', 2)];

let data: DataSet<Sample>;
beforeAll(async () => {
  data = await tinyData();
});

/** With one caption of 200 words, the first that the second stage asks for at its second step, or one that no step asks for. */
function withLongCaption(reached: boolean): {
  readonly config: RunConfig;
  readonly changed: DataSet<Sample>;
  id: string;
} {
  const config = tinyRun({ batchSize: 4, microBatchSize: 4, stages });
  const { batch } = planBatches(data.splits.train, stages[1]!, 4, config.seed);
  const asked = new Set([0, 1].flatMap((step) => batch(step).map(({ id }) => id)));
  const id = reached
    ? batch(1)[0]!.id
    : `ai-captions/${data.splits.train.find(({ imageId }) => !asked.has(`ai-captions/${imageId}/0`))!.imageId}/0`;
  const train = data.splits.train.map((sample) => {
    if (id !== `ai-captions/${sample.imageId}/0`) return sample;
    return { ...sample, aiCaptions: [Array.from({ length: 200 }, () => 'a').join(' '), ...sample.aiCaptions.slice(1)] };
  });
  return { config, changed: { ...data, splits: { ...data.splits, train } }, id };
}

const check = ({ config, changed }: { readonly config: RunConfig; readonly changed: DataSet }) => {
  const dataSets = { 'tiny-scenes': changed };
  requireTextsThatFit(config, dataSets, runTokenizer(config, dataSets));
};

describe('texts that do not fit the context', () => {
  test('are refused before the first step, with the step that would meet them and the context that would do', () => {
    const made = withLongCaption(true);
    let problem: InputError | undefined;
    try {
      check(made);
    } catch (error) {
      problem = error as InputError;
    }
    expect(problem).toBeInstanceOf(InputError);
    const { what, where, expected, fix } = problem!.problem;
    // 16 visual tokens, the begin token, a prompt of 6 tokens, 200 words and the end token.
    expect(what).toMatch(
      new RegExp(`^the text ${made.id} takes \\d+ positions .*, and step 5 \\(stage tell\\) learns from it$`),
    );
    const positions = Number(/takes (\d+)/.exec(what)![1]);
    expect(positions).toBeGreaterThan(200 + 16 + 2);
    expect([where, expected]).toEqual(['tiny-scenes', 'at most 96, the model\u0027s maximumPositions']);
    expect(fix).toContain(`maximumPositions of the language model to ${positions}`);
    // And with that it is taken.
    const { model } = made.config;
    const language = { ...model.language, maximumPositions: positions };
    expect(() => check({ ...made, config: { ...made.config, model: { ...model, language } } })).not.toThrow();
  });

  test('are no trouble where no step asks for them', () => {
    expect(() => check(withLongCaption(false))).not.toThrow();
  });
});
