/**
 * A process that trains the model of this package on the engine torch, step by step as it is told: the side that `pytorch_peer.py` is
 * the peer of. Both take the same file of settings, follow the same rules for weights and batch, and speak the same lines. As one of
 * several ranks it takes its share of the sequences.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { activateTorchEngine, activeTorch, joinTorchRanks } from '../../reference-model/engines/torch/engine.js';
import { rankPlace } from '../../reference-model/engines/torch/rank-place.js';
import { type TorchSettings, torchSettings } from '../../reference-model/engines/torch/settings.js';
import { type ModelConfig, visualTokensPerImage } from '../../reference-model/model/config.js';
import { modelFrom } from '../../reference-model/model/model.js';
import { modelFlops } from '../../reference-model/model/model-flops.js';
import { createParameters, parameterCount } from '../../reference-model/model/parameters.js';
import { buildBatch, imageTextSequence } from '../../reference-model/model/sequence.js';
import { sequenceLoss } from '../../reference-model/model/sequence-loss.js';
import { visualEmbeddings } from '../../reference-model/model/visual-embeddings.js';
import { registerCompositeKernels } from '../../reference-model/ops/registration.js';
import { ALONE } from '../../reference-model/ranks/ranks.js';
import { createLearner } from '../../reference-model/training/create-learner.js';

/** What both sides read. */
export interface StepConfig extends Omit<TorchSettings, 'deterministic' | 'devices' | 'shardOptimizer' | 'timeout'> {
  readonly shardOptimizer?: boolean;
  readonly model: ModelConfig;
  readonly batch: { readonly sequences: number; readonly promptTokens: number; readonly answerTokens: number };
}

const PERIOD = 65_537;
const SCALE = Math.fround(0.05);
const OPTIMIZER = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
  warmupShare: 0,
  finalShare: 1,
};
const RATES = { vision: 1e-4, connector: 1e-4, language: 1e-4 };

const table = Float32Array.from({ length: PERIOD }, (_, i) => Math.fround(Math.sin(i * 12.9898)) * SCALE);

function valuesOf({ name, shape }: { readonly name: string; readonly shape: readonly number[] }): Float32Array {
  const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
  if (shape.length === 1) return values.fill(name.endsWith('bias') ? 0 : 1);
  for (let at = 0; at < values.length; at += PERIOD) values.set(table.subarray(0, values.length - at), at);
  return values;
}

const place = rankPlace();

function batchOf({ model, batch: { sequences, promptTokens, answerTokens } }: StepConfig) {
  const visualTokens = visualTokensPerImage(model);
  const text = promptTokens + answerTokens;
  const id = (i: number): number => (i * 37 + 5) % model.language.vocabularySize;
  const { rank, count } = place ?? { rank: 0, count: 1 };
  const own = Math.floor((sequences + count - 1 - rank) / count);
  const texts = Array.from({ length: own }, (_, image) => {
    const ids = Array.from({ length: text }, (__, t) => id((image * count + rank) * text + t));
    return imageTextSequence({
      image,
      visualTokens,
      prompt: ids.slice(0, promptTokens),
      answer: ids.slice(promptTokens),
    });
  });
  const limits = { ...model.language, visualTokensPerImage: visualTokens, images: own };
  const { imageSize } = model.vision;
  const pixels = Float32Array.from({ length: own * imageSize ** 2 * 3 }, (_, i) => Math.sin(i * 0.37));
  return {
    images: { imageCount: own, imageSize, pixels },
    sequences: buildBatch(texts, 'visual-bidirectional', limits),
  };
}

const print = (document: unknown): void => console.log(JSON.stringify(document));

const config = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as StepConfig;
const engine = await activateTorchEngine({ ...torchSettings({}), ...config });
registerCompositeKernels(engine.backend);
const { torch } = activeTorch()!.backend;
const model = modelFrom(config.model, createParameters(config.model, valuesOf));
const ranks = place === undefined ? ALONE : await joinTorchRanks(place);
const learner = createLearner({ model, optimizer: OPTIMIZER, ranks });
learner.enterStage(['vision', 'connector', 'language']);
const { images, sequences } = batchOf(config);
const [targets = 0] = ranks.sum([sequences.labels.length]);
const onGpu = config.device.startsWith('cuda');
const flops = modelFlops(
  config.model,
  { images: images.imageCount, sequences: sequences.batchSize, length: sequences.length, targets },
  ['vision', 'connector', 'language'],
);

let step = 0;
function trainingStep(): number {
  learner.backward(
    () =>
      sequenceLoss(learner.model, sequences, {
        visualEmbeddings: visualEmbeddings(learner.model, images),
        weight: 1 / targets,
      }),
    { isLast: true },
  );
  step += 1;
  learner.update(RATES, { stage: 'joint', step, exampleIds: [] });
  return learner.settle().at(-1)!.loss;
}

/** Milliseconds: of the processor on a CPU, which others share, and of the clock on a GPU. */
function clock(): number {
  if (onGpu) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

print({
  parameters: parameterCount(config.model),
  flops: flops.forward + flops.backward,
  numerics: engine.numerics,
});
for await (const line of createInterface({ input: process.stdin })) {
  const milliseconds: number[] = [];
  let loss = Number.NaN;
  const begun = performance.now();
  for (let times = Number(line); times > 0; times--) {
    const start = clock();
    loss = trainingStep();
    milliseconds.push(clock() - start);
  }
  const peakBytes = onGpu ? torch.deviceMemory(false)[1] : process.resourceUsage().maxRSS * 1024;
  print({ milliseconds, loss, peakBytes, wall: performance.now() - begun });
}
