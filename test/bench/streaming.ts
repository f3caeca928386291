/**
 * How long training waits for photographs at the small scale: the time in which a step has nothing to compute, over that of all steps. JPEGs of
 * the size that Flickr has are drawn here; one thread decodes, and nothing is kept, so that every image of every step is decoded anew.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { readNamedSuite } from '../../harness/suite/find-suite.js';
import { planSuite } from '../../harness/suite/plan.js';
import type { DataSet } from '../../reference-model/data/dataset.js';
import { openStreamed } from '../../reference-model/data/open-streamed.js';
import { activateEngine } from '../../reference-model/engines/registry.js';
import { disposeModel } from '../../reference-model/model/model.js';
import { randomStream } from '../../reference-model/numerics/random.js';
import { train } from '../../reference-model/training/train.js';
import type { Measurement } from './measurement.js';

const PHOTOGRAPHS = 200;
const STEPS = 24;
/** Of the first steps, in which V8 compiles. */
const WARM_UP = 6;
const [WIDTH, HEIGHT] = [500, 375];

async function writePhotographs(root: string): Promise<void> {
  mkdirSync(join(root, 'Images'));
  const names = Array.from({ length: PHOTOGRAPHS }, (_, number) => `${number}.jpg`);
  for (const name of names) {
    const stream = randomStream(1, 'photograph', name);
    const coarse = Uint8Array.from({ length: 25 * 19 * 3 }, () => stream.integer(256));
    const jpeg = await sharp(coarse, { raw: { width: 25, height: 19, channels: 3 } })
      .resize(WIDTH, HEIGHT, { kernel: 'cubic' })
      .jpeg({ quality: 90 })
      .toBuffer();
    writeFileSync(join(root, 'Images', name), jpeg);
    for (const list of ['train', 'dev', 'test'])
      writeFileSync(join(root, `Flickr_8k.${list}Images.txt`), `${names.join('\n')}\n`);
  }
  const captions = names.flatMap((name) =>
    [1, 2, 3, 4, 5].map((number) => `${name},a dog runs over grass number ${number} .`),
  );
  writeFileSync(join(root, 'captions.txt'), `image,caption\n${captions.join('\n')}\n`);
}

export async function benchmarkStreaming(): Promise<Measurement[]> {
  await activateEngine('wasm');
  const { config } = planSuite(readNamedSuite('finding-1'), { scale: 'small', dataSet: 'flickr8k' }).runs[0]!;
  const captions = config.recipe.stages.find(({ name }) => name === 'captions')!;
  const recipe = {
    ...config.recipe,
    stages: [{ ...captions, steps: STEPS, validation: { sources: [], atEnds: false } }],
  };
  const root = mkdtempSync(join(tmpdir(), 'vlm-bench-streaming-'));
  try {
    await writePhotographs(root);
    const side = config.model.vision.imageSize;
    const opened = await openStreamed({ name: 'flickr8k', root, images: { side, workers: 1, keepBytes: 0 } });
    let step = 0;
    let begun = 0;
    let waited = 0;
    const timed = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      const start = performance.now();
      const result = await work();
      if (step >= WARM_UP) waited += performance.now() - start;
      return result;
    };
    const images: DataSet['images'] = {
      ...opened.images!,
      take: (...request) => timed(() => opened.images!.take(...request)),
      ahead: (imageIds) => timed(() => opened.images!.ahead(imageIds)),
    };
    const model = await train({
      config: { ...config, recipe } as typeof config,
      data: { flickr8k: { ...opened, images } },
      saveCheckpoint: async () => {},
      onEvent: (event) => {
        if (event.type !== 'step') return;
        step = event.step;
        if (step === WARM_UP) begun = performance.now();
      },
      signal: new AbortController().signal,
    });
    const spent = performance.now() - begun;
    disposeModel(model);
    await opened.images!.close();
    return [
      {
        name: 'share of a step in which training waits for photographs',
        value: (100 * waited) / spent,
        unit: '%',
        ceiling: 5,
      },
    ];
  } finally {
    rmSync(root, { recursive: true });
  }
}
