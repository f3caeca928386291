/** A finished run of ours as an answerer: its own weights, greedily, at most as many tokens as the benchmark says and the model has room for. */
import type { EngineName } from '../../../reference-model/index.js';
import type { Answerer, Outcome } from '../answerer.js';
import { loadRunModel } from './run-model.js';

export interface RecordOptions {
  /** By default the one that works here. */
  readonly engine?: EngineName | 'auto';
}

/** An answerer, and the data sets that its record says it was trained on. */
export interface RecordAnswerer {
  readonly answerer: Answerer;
  readonly trainedOn: readonly string[];
}

/** @param folder of the run's record @throws UserError `record-missing` or `record-corrupt`; EngineError */
export async function recordAnswerer(folder: string, { engine = 'auto' }: RecordOptions = {}): Promise<RecordAnswerer> {
  const model = await loadRunModel(folder, engine);
  const answerer: Answerer = {
    identity: { kind: 'record', name: `run ${model.runId}`, weights: model.weights },
    batchSize: model.batchSize,
    inFlight: 1,
    answer: async (requests) => {
      const prompts = await Promise.all(
        requests.map(async ({ image, messages, decoding }) => ({
          image: await model.pictureOf(image.stored, image.imageId),
          text: messages.map(({ text }) => text).join('\n'),
          maximumTokens: decoding.maximumTokens,
        })),
      );
      const begun = performance.now();
      const responses = model.respond(prompts);
      const milliseconds = Math.round((performance.now() - begun) * 100) / 100;
      return responses.map((response): Outcome => {
        if (response === undefined)
          return { kind: 'failed', reason: 'the prompt leaves the model no room for an answer' };
        const { text, finish, promptTokens, tokens } = response;
        return { kind: 'text', text, finish, milliseconds, promptTokens, completionTokens: tokens };
      });
    },
    close: async () => model.dispose(),
  };
  return { answerer, trainedOn: model.trainedOn };
}
