/** Steps of a tiny model on three sequences with images, which differ from step to step under all masks in turn: the same on every engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { MaskKind, Part } from '../../../reference-model/model/config.js';
import { disposeModel } from '../../../reference-model/model/model.js';
import { buildBatch, imageTextSequence } from '../../../reference-model/model/sequence.js';
import { sequenceLoss } from '../../../reference-model/model/sequence-loss.js';
import type { Sequence } from '../../../reference-model/model/tokens.js';
import { visualEmbeddings } from '../../../reference-model/model/visual-embeddings.js';
import { randomStream } from '../../../reference-model/numerics/random.js';
import { createLearner } from '../../../reference-model/training/create-learner.js';
import type { Learner } from '../../../reference-model/training/learner.js';
import { TINY, tinyModel } from '../model/tiny-model.js';
import { tinyRun } from './tiny-run.js';

export const ALL: readonly Part[] = ['vision', 'connector', 'language'];
const KINDS: readonly MaskKind[] = ['causal', 'visual-bidirectional', 'prefix-bidirectional'];
export const RATES = { vision: 1e-3, connector: 1e-3, language: 1e-3 };
const IMAGES = 2;

const stream = randomStream(11, 'tiny-steps');
const pixels = Float32Array.from({ length: IMAGES * TINY.vision.imageSize ** 2 * 3 }, () => stream.normal());
const images = { imageCount: IMAGES, imageSize: TINY.vision.imageSize, pixels };

/** Three sequences that differ from step to step. */
function sequencesOf(step: number): readonly Sequence[] {
  const token = (offset: number) => 1 + ((step * 3 + offset) % (TINY.language.vocabularySize - 1));
  return [
    imageTextSequence({ image: 0, visualTokens: 4, prompt: [token(0), token(1)], answer: [token(2), token(3), 0] }),
    imageTextSequence({ image: 1, visualTokens: 4, prompt: [token(4)], answer: [token(5), 0] }),
    imageTextSequence({ image: 0, visualTokens: 4, prompt: [token(6)], answer: [token(7), token(8), token(9), 0] }),
  ];
}

/** A step up to its update: nothing of it is read. */
export function learnUnread(learner: Learner, step: number, kind: MaskKind = KINDS[step % KINDS.length]!): void {
  const { model } = learner;
  const batch = buildBatch(sequencesOf(step), kind, { ...TINY.language, visualTokensPerImage: 4, images: IMAGES });
  const weight = 1 / batch.labels.length;
  learner.backward(() => sequenceLoss(model, batch, { visualEmbeddings: visualEmbeddings(model, images), weight }));
  learner.update(RATES, { stage: 'joint', step, exampleIds: [] });
}

/** A step and its loss. */
export function learn(learner: Learner, step: number, kind?: MaskKind): number {
  learnUnread(learner, step, kind);
  return learner.settle().at(-1)!.loss;
}

const folders: string[] = [];
const newFolder = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), 'vlm-bench-steps-')));
  return folders.at(-1)!;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

export function startedLearner(): Learner {
  const learner = createLearner({ model: tinyModel(), optimizer: tinyRun().recipe.optimizer });
  learner.enterStage(ALL);
  return learner;
}

export function finish(learner: Learner): void {
  learner.dispose();
  disposeModel(learner.model);
}

/** Losses of the steps `from` + 1 … `to`. */
export const steps = (learner: Learner, from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => learn(learner, from + i + 1));

export async function savedBy(learner: Learner, step: number): Promise<string> {
  const folder = newFolder();
  await learner.save(folder, { run: 'some run', step });
  return folder;
}
