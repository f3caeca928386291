/**
 * A stand-in for the reference model that trains in microseconds: its "weights" are eight numbers that a congruential generator
 * moves at each step, so any lost, repeated or reordered step changes the final bits. Environment variables make it slow or faulty.
 */

import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { openCheckpoint, writeCheckpoint } from '../../../dist/reference-model/checkpoint/checkpoint-folder.js';
import { saveTensors } from '../../../dist/reference-model/checkpoint/trained-weights.js';
import { forcedRequests } from '../../../dist/reference-model/evaluation/forced-requests.js';

export const fakeMachinery = {
  activateEngine: async () => ({
    name: 'wasm',
    backend: 'fake',
    precision: 'float32',
    numerics: 'fake-numerics',
    devices: 1,
  }),
  loadDataSet: async ({ name }) => ({ name, fingerprint: `fingerprint-of-${name}`, splits: fakeSplits() }),
  dataFingerprint: async ({ name }) => `fingerprint-of-${name}`,
  train,
  predict,
  saveWeights: ({ state }, record) =>
    saveTensors(new Map([['state', { dtype: 'F32', shape: [8], read: () => Float32Array.from(state) }]]), record),
  dispose: () => {},
};

async function train({ config, resumeFrom, saveCheckpoint, onEvent, signal }) {
  if (process.env.FAKE_SAY_PROCESS) console.log(`seed ${config.seed} in process ${process.pid}`);
  const { recipe, seed } = config;
  const bidirectional = recipe.stages.at(-1).attentionMask === 'visual-bidirectional';
  const totalSteps = recipe.stages.reduce((sum, { steps }) => sum + steps, 0);
  let { step, state } =
    resumeFrom === undefined
      ? { step: 0, state: Array.from({ length: 8 }, (_, index) => seed * 8 + index) }
      : readFakeCheckpoint(resumeFrom);
  while (step < totalSteps) {
    step += 1;
    state = state.map((value) => (value * 1103515245 + 12345 + step) % 2147483648);
    const stage = stageOf(recipe.stages, step);
    const loss = 3 / (1 + step / 10) + (state[0] % 100) / 1000;
    onEvent({
      type: 'step',
      stage,
      step,
      totalSteps,
      loss,
      learningRate: {},
      gradientNorm: 1,
      tokens: 64,
      answerTokens: 16,
    });
    if (step % recipe.validateEverySteps === 0) {
      onEvent({ type: 'validation', stage, step, loss: { 'human-captions': loss - (bidirectional ? 0.1 : 0) } });
    }
    if (step === Number(process.env.FAKE_CRASH_AT)) process.kill(process.pid, 'SIGKILL');
    if (step === Number(process.env.FAKE_THROW_AT)) throw new TypeError('a bug in the fake trainer');
    if (process.env.FAKE_STEP_MS) await pause(Number(process.env.FAKE_STEP_MS));
    else await nextTurn();
    if (step % recipe.checkpointEverySteps === 0 || step === totalSteps || signal.aborted) {
      await saveCheckpoint(step, async (folder, run) => writeFakeCheckpoint(folder, { run, step, state }));
      onEvent({ type: 'checkpoint', step });
    }
    if (signal.aborted && step < totalSteps) throw Object.assign(new Error('stopped'), { name: 'TrainingInterrupted' });
  }
  return { state, bidirectional };
}

/** The better the arm, the more captions equal a reference; which ones depends on the weights. */
async function predict({ state, bidirectional }, config, data) {
  const { evaluation } = config;
  const { splits } = data;
  const samples = splits[evaluation.split];
  const right = (index) => (state[index % 8] + index) % 10 < (bidirectional ? 8 : 4);
  return {
    captions: ['ai-captions', 'human-captions'].flatMap((style) =>
      samples.slice(0, evaluation.captionImages).map(({ imageId, humanCaptions, aiCaptions }, index) => ({
        style,
        imageId,
        prompt: `describe in the style of ${style}`,
        text: right(index) ? (style === 'ai-captions' ? aiCaptions : humanCaptions)[0] : 'nothing of the kind',
      })),
    ),
    answers: samples
      .flatMap(({ imageId, questions }) => questions.map((question) => ({ imageId, ...question })))
      .slice(0, evaluation.questions)
      .map(({ imageId, questionId, answer }, index) => ({
        imageId,
        questionId,
        text: right(index) ? answer : 'maybe',
      })),
    ...(evaluation.teacherForced === undefined
      ? {}
      : {
          forced: forcedRequests(config, data).map((request, index) => ({
            ...request,
            exact: right(index),
            loss: right(index) ? 0.25 : 1.5,
            tokens: 2,
          })),
        }),
  };
}

function stageOf(stages, step) {
  let end = 0;
  return stages.find(({ steps }) => {
    end += steps;
    return step <= end;
  }).name;
}

function fakeSplits() {
  const colours = ['red', 'green', 'blue', 'yellow', 'purple'];
  const shapes = ['circle', 'square', 'triangle'];
  const split = (name) =>
    Array.from({ length: 15 }, (_, index) => {
      const thing = `${colours[index % 5]} ${shapes[index % 3]}`;
      return {
        imageId: `${name}-${index}`,
        image: { width: 2, height: 2, pixels: new Uint8Array(12).fill(index) },
        humanCaptions: [`a small ${thing} in a corner`, `there is a ${thing} here`],
        aiCaptions: [`the image shows one ${thing}`],
        questions: [
          {
            questionId: `${name}-${index}-a`,
            question: 'what colour is it?',
            answer: colours[index % 5],
            kind: 'open',
          },
          {
            questionId: `${name}-${index}-b`,
            question: 'is there a circle?',
            answer: index % 3 ? 'no' : 'yes',
            kind: 'yes/no',
          },
        ],
      };
    });
  return { train: split('train'), validation: split('validation'), test: split('test') };
}

/** The first half of the state as weights and the second as moments. */
function writeFakeCheckpoint(folder, { run, step, state }) {
  const tensors = (name, from) =>
    new Map(state.slice(from, from + 4).map((value, index) => [`${name}${index}`, number(value)]));
  const content = { run, step, updates: step, weights: tensors('weight', 0), moments: tensors('moment', 4) };
  writeCheckpoint(folder, content, { shardBytes: Number(process.env.FAKE_SHARD_BYTES ?? 64) });
}

function number(value) {
  const read = () => {
    const wait = Number(process.env.FAKE_TENSOR_MS ?? 0);
    if (wait > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
    return Int32Array.of(value);
  };
  return { dtype: 'I32', shape: [1], read };
}

function readFakeCheckpoint(folder) {
  const { step, weights, moments } = openCheckpoint(folder);
  return { step, state: [...weights.values(), ...moments.values()].map(({ read }) => read()[0]) };
}
