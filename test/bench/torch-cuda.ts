/**
 * The paper's size on a GPU, against PyTorch eager and torch.compile: SigLIP-so400m and Qwen2.5-0.5B with random weights, bfloat16, 81 and
 * 729 visual tokens. Writes one JSON document; `cuda-step.sh` prepares and calls it. With `--device cpu` the same path
 * runs on two layers and small images.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { activateTorchEngine, activeTorch } from '../../reference-model/engines/torch/engine.js';
import { peakFlops } from '../../reference-model/engines/torch/peak-flops.js';
import { torchSettings } from '../../reference-model/engines/torch/settings.js';
import { type ModelConfig, visualTokensPerImage } from '../../reference-model/model/config.js';
import { type RaceResult, race } from './race.js';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda' },
    out: { type: 'string' },
    gibibytes: { type: 'string', default: '16' },
    seconds: { type: 'string', default: '450' },
  },
});
const onGpu = values.device !== 'cpu';
const deadline = performance.now() + Number(values.seconds) * 1000;

/** SigLIP-so400m-patch14-384 at 378 pixels, 27 × 27 patches (Zhai et al. 2023); Qwen2.5-0.5B (arXiv 2412.15115). */
function paperModel(pixelShuffle: number): ModelConfig {
  return {
    vision: {
      ...{
        imageSize: onGpu ? 378 : 126,
        patchSize: 14,
        hiddenSize: 1152,
        intermediateSize: 4304,
        layers: onGpu ? 27 : 2,
      },
      ...{ attentionHeads: 16, layerNormEpsilon: 1e-6 },
    },
    connector: { pixelShuffle },
    language: {
      ...{ vocabularySize: onGpu ? 151_936 : 4096, hiddenSize: 896, intermediateSize: 4864, layers: onGpu ? 24 : 2 },
      ...{ attentionHeads: 14, keyValueHeads: 2, rotaryBase: 1e6, rmsNormEpsilon: 1e-6, maximumPositions: 1024 },
    },
  };
}

/** What a sequence keeps for its backward pass, measured in gibibytes; both sides are on the GPU at once, with 18 of weights each. */
const GIB_OF_SEQUENCE = { 81: 1.7, 729: 2.9 } as const;
const GIB_OF_WEIGHTS = 18;

interface Outcome {
  readonly visualTokens: number;
  readonly sequences: number;
  readonly peer: 'eager' | 'torch.compile';
  readonly result?: RaceResult;
  readonly ratio?: number;
  readonly utilisation?: number;
  readonly failure?: string;
}

async function measure(visualTokens: 81 | 729, compile: boolean): Promise<Outcome> {
  const room = 0.45 * Number(values.gibibytes) - GIB_OF_WEIGHTS;
  const sequences = onGpu ? Math.max(1, Math.floor(room / GIB_OF_SEQUENCE[visualTokens])) : 1;
  const model = paperModel(visualTokens === 81 ? 3 : 1);
  const peer = compile ? 'torch.compile' : 'eager';
  const identity = { visualTokens: visualTokensPerImage(model), sequences, peer } as const;
  try {
    const result = await race({
      config: {
        ...{ device: values.device, precision: 'bfloat16', threads: 1, checkpointing: 'none' },
        model,
        batch: { sequences, promptTokens: 32, answerTokens: 32 },
      },
      ...{ rounds: onGpu ? 6 : 1, steps: onGpu ? 4 : 1, tolerance: 2e-2, compile },
    });
    const { ours, peer: theirs, flops } = result;
    const peak = onGpu ? peakFlops(device, 'bfloat16') : undefined;
    return {
      ...identity,
      result,
      ratio: ours.milliseconds / theirs.milliseconds,
      ...(peak === undefined ? {} : { utilisation: flops / (ours.milliseconds / 1e3) / peak }),
    };
  } catch (error) {
    return { ...identity, failure: error instanceof Error ? error.message : String(error) };
  }
}

const { numerics } = await activateTorchEngine({
  ...torchSettings({}),
  device: values.device,
  precision: 'bfloat16',
});
const { torch } = activeTorch()!.backend;
const device = onGpu ? torch.deviceName() : 'cpu';
const outcomes: Outcome[] = [];
const write = (): void => {
  const text = `${JSON.stringify({ device, numerics, outcomes }, null, 2)}\n`;
  if (values.out === undefined) console.log(text);
  else writeFileSync(values.out, text);
};
for (const [visualTokens, compile] of [
  [729, false],
  [81, false],
  [81, true],
  [729, true],
] as const) {
  if (compile && (!onGpu || performance.now() > deadline - 150_000)) continue;
  const outcome = await measure(visualTokens, compile);
  outcomes.push(outcome);
  console.error(
    `${outcome.visualTokens} visual tokens, ${outcome.peer}: ${outcome.failure ?? `${outcome.ratio!.toFixed(3)} of PyTorch’s time`}`,
  );
  if (values.out !== undefined) write();
}
if (values.out === undefined) write();
process.exitCode = outcomes.some(({ failure }) => failure !== undefined) ? 1 : 0;
