/**
 * One rank of those that a test starts, by environment variables as torchrun would. Does what its argument says (JSON) and prints what it
 * saw as one line of JSON.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataSet } from '../../../dist/reference-model/data/load-dataset.js';
import { activateEngine } from '../../../dist/reference-model/engines/registry.js';
import { loadAddon } from '../../../dist/reference-model/engines/torch/addon.js';
import { joinTorchRanks } from '../../../dist/reference-model/engines/torch/engine.js';
import { rankPlace } from '../../../dist/reference-model/engines/torch/rank-place.js';
import { parameterArrays, predict, train, writeSafetensors } from '../../../dist/reference-model/index.js';
import { visualTokensPerImage } from '../../../dist/reference-model/model/config.js';
import { modelFrom } from '../../../dist/reference-model/model/model.js';
import { createParameters, parameterCount } from '../../../dist/reference-model/model/parameters.js';
import { buildBatch, imageTextSequence } from '../../../dist/reference-model/model/sequence.js';
import { sequenceLoss } from '../../../dist/reference-model/model/sequence-loss.js';
import { visualEmbeddings } from '../../../dist/reference-model/model/visual-embeddings.js';
import { ALONE } from '../../../dist/reference-model/ranks/ranks.js';
import { createLearner } from '../../../dist/reference-model/training/create-learner.js';

const OPTIMIZER = {
  ...{ beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01 },
  ...{ clipNorm: 1, warmupShare: 0, finalShare: 1 },
};
const task = JSON.parse(process.argv[2]);
await activateEngine(task.engine ?? 'torch');
const { addon: torch } = loadAddon();
// In place of Gloo, a library that stands in for NCCL.
const { connectGroup } = torch;
if (task.nccl !== undefined) torch.connectGroup = (network) => connectGroup(network, task.nccl);
const place = rankPlace();
// One that never comes.
if (task.absent?.includes(place.rank)) {
  process.stdout.write('{}\n');
  process.exit();
}
let ranks;
try {
  ranks = place === undefined ? ALONE : await joinTorchRanks(place);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error.message, rank: error.rank })}\n`);
  process.exit(1);
}
const scenarios = { reduce, train: trainAll, exchange, exchangeLong, departure, trouble, memory };
try {
  const seen = await scenarios[task.scenario](task);
  process.stdout.write(`${JSON.stringify(seen)}\n`);
} catch (error) {
  if (error.name !== 'RankError') ranks.fail?.({ what: error.message, fix: 'none' });
  process.stdout.write(`${JSON.stringify({ error: error.message, name: error.name, rank: error.rank })}\n`);
  process.exitCode = 1;
}
ranks.leave?.();

/** Gradients known in closed form: that of a parameter is the sum of the factors it was used with. */
function reduce({ cases }) {
  return cases.map(({ sizes, bucketBytes, uses, earlier, late, isDivided = false, type = 0 }) => {
    const parameters = sizes.map((size) => torch.full([size], 0, type));
    for (const parameter of parameters) torch.requireGradient(parameter, true);
    const shares = isDivided ? parameters.map((parameter) => torch.masterShareOf(parameter)) : [];
    torch.watchGradients(parameters, shares, bucketBytes);
    const own = uses[ranks.rank];
    const lossOf = (indices) =>
      indices
        .map((i) => torch.mulNumber(torch.sum(parameters[i], [0], false), (ranks.rank + 1) * (i + 1)))
        .reduce((sum, term) => torch.add(sum, term));
    const used = own.flatMap((times, i) => Array.from({ length: times }, () => i));
    const passes = late.length === 0 ? [used] : [used, late];
    for (let pass = 0; pass < earlier; pass++) if (used.length > 0) torch.backward(lossOf(used), 0);
    torch.armReduction(late);
    for (const indices of passes) if (indices.length > 0) torch.backward(lossOf(indices), 0);
    const loss = torch.finishReduction(torch.full([], ranks.rank + 0.5, 0));
    const valuesOf = (handles) => handles.map((handle) => [...torch.download(torch.gradient(handle))]);
    const gradients = valuesOf(isDivided ? shares : parameters);
    const timeline = torch.reductionTimeline();
    // Each share becomes numbers of its own; from all of them come the parameters.
    for (const share of shares) {
      const { length } = torch.download(share);
      const numbers = Float32Array.from({ length }, (_, i) => ranks.rank * 64 + i);
      torch.overwrite(share, torch.upload(numbers, [length], 0));
    }
    if (isDivided) torch.gatherShares(parameters, shares);
    const values = parameters.map((parameter) => [...torch.download(parameter)]);
    torch.watchGradients([], [], 0);
    return { gradients, loss: torch.download(loss)[0], timeline, values };
  });
}

async function trainAll({ runs }) {
  const seen = [];
  for (const { config, folder, resume = false, stopAt, stopRank } of runs) {
    const data = await loadDataSet({
      name: 'tiny-scenes',
      tinyScenes: { sizes: { train: 40, validation: 16, test: 16 } },
    });
    const events = [];
    const stop = new AbortController();
    const resumeFrom = resume ? join(folder, readdirSync(folder).sort().at(-1)) : undefined;
    try {
      const model = await train({
        config,
        data: { 'tiny-scenes': data },
        ...(resumeFrom === undefined ? {} : { resumeFrom }),
        ranks,
        saveCheckpoint: async (step, write) => {
          if (folder === undefined) return;
          const part = mkdtempSync(join(folder, '.part-'));
          await write(part, 'run');
          renameSync(part, join(folder, `step-${String(step).padStart(4, '0')}`));
        },
        onEvent: (event) => {
          events.push(event);
          if (event.type === 'step' && event.step === stopAt && ranks.rank === stopRank) stop.abort();
        },
        signal: stop.signal,
      });
      const arrays = parameterArrays(model.parameters);
      const weights = createHash('sha256').update(writeSafetensors(arrays)).digest('hex');
      const norm = [...arrays.get('language_model.model.norm.weight').values];
      seen.push({ events, weights, norm, predictions: await predict(model, config, data, ranks) });
    } catch (error) {
      if (error.name !== 'TrainingInterrupted') throw error;
      seen.push({ events, interruptedAt: error.step });
    }
  }
  return seen;
}

/** Steps of a whole model that learns, and a checkpoint of it: what the process takes at its peak beyond what it took before. */
async function memory({ model: config, steps, folder }) {
  const residentBytes = () => process.memoryUsage.rss();
  const peakBytes = () => process.resourceUsage().maxRSS * 1024;
  const before = residentBytes();
  const values = ({ shape }) => new Float32Array(shape.reduce((product, length) => product * length, 1)).fill(0.01);
  const model = modelFrom(config, createParameters(config, values));
  const learner = createLearner({ model, optimizer: OPTIMIZER, ranks });
  const parts = ['vision', 'connector', 'language'];
  learner.enterStage(parts);
  const visualTokens = visualTokensPerImage(config);
  const sequence = imageTextSequence({ image: 0, visualTokens, prompt: [1, 2], answer: [3, 4] });
  const limits = { ...config.language, visualTokensPerImage: visualTokens, images: 1 };
  const batch = buildBatch([sequence], 'causal', limits);
  const pixels = new Float32Array(config.vision.imageSize ** 2 * 3);
  const images = { imageCount: 1, imageSize: config.vision.imageSize, pixels };
  for (let step = 1; step <= steps; step++) {
    const weight = 1 / batch.labels.length / ranks.count;
    const loss = () =>
      sequenceLoss(learner.model, batch, { visualEmbeddings: visualEmbeddings(learner.model, images), weight });
    learner.backward(loss, { isLast: true });
    learner.update({ vision: 1e-4, connector: 1e-4, language: 1e-4 }, { stage: 'joint', step, exampleIds: [] });
    learner.settle();
  }
  const trained = peakBytes();
  if (ranks.rank === 0) await learner.save(folder, { run: 'run', step: steps });
  learner.attendSave(1);
  const saved = peakBytes();
  learner.complete();
  learner.dispose();
  return { parameters: parameterCount(config), before, trained, saved, completed: peakBytes() };
}

async function exchange() {
  return { sums: ranks.sum([1, ranks.rank, 0.25]), said: await ranks.exchange({ rank: ranks.rank, text: '"é\n' }) };
}

/** Each rank says a text of its own of more than so many bytes; tells how many of all came as they were said. */
async function exchangeLong({ bytes }) {
  const textOf = (rank) => `${rank}é😀`.repeat(Math.ceil(bytes / 7));
  const said = await ranks.exchange(textOf(ranks.rank));
  return { equal: said.filter((text, rank) => text === textOf(rank)).length };
}

/** One rank leaves in order while the others wait for what it has to say. */
async function departure({ culprit }) {
  if (ranks.rank === culprit) return { left: true };
  await ranks.exchange('here');
}

/** One rank gets into trouble while the others wait for it; some have left in order, when they were done. */
async function trouble({ kind, culprit, leavers = [] }) {
  ranks.sum([1]);
  if (leavers.includes(ranks.rank)) {
    ranks.leave();
    return { left: true };
  }
  if (ranks.rank === culprit) {
    // Those who leave have left by then.
    if (leavers.length > 0) await new Promise((rest) => setTimeout(rest, 1500));
    if (kind === 'throws') throw new Error('no such image');
    if (kind === 'killed') process.kill(process.pid, 'SIGKILL');
    if (kind === 'hangs') for (;;);
  }
  const begun = performance.now();
  try {
    ranks.sum([1]);
  } catch (error) {
    return { error: error.message, rank: error.rank, seconds: (performance.now() - begun) / 1000 };
  }
}
