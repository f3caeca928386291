/**
 * The tokeniser alone, and whole `vlm-bench score captions` processes on synthetic COCO files: 5,000 images with and without the
 * bootstrap, as many images as COCO val2014, and ten times as many with the memory that they take. With PYCOCOEVALCAP_PYTHON naming a Python that has pycocoevalcap (and Java on the
 * path), the same files go through test/oracle/score-with-pycocoevalcap.py and the ratios are reported.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { ptbTokeniser } from '../../metrics/index.js';
import { interleavedMedians, type Measurement } from './measurement.js';

const WORDS = {
  noun: 'man woman dog cat bus train pizza horse street kitchen table phone bench kite wave t-shirt skateboard'.split(
    ' ',
  ),
  adjective: 'red small large wooden black-and-white colorful 3-year-old empty busy two several young'.split(' '),
  verb: "sitting standing riding holding eating isn't watching it's cutting".split(' '),
  preposition: 'on in near with under next to behind'.split(' '),
};

/** Captions of about eleven tokens, as COCO's; a small generator keeps them the same everywhere. */
function captionGenerator(seed: number): () => string {
  let state = seed;
  const pick = (words: readonly string[]): string => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return words[Math.floor((state / 2 ** 32) * words.length)]!;
  };
  const phrase = (): string => `a ${pick(WORDS.adjective)} ${pick(WORDS.noun)}`;
  return () =>
    `A ${pick(WORDS.noun)} ${pick(WORDS.verb)} ${pick(WORDS.preposition)} ${phrase()} ${pick(WORDS.preposition)} ${phrase()}.`;
}

/** Prints the largest memory of its process when that ends. */
const MEMORY_PROBE =
  'data:text/javascript,process.on("exit",()=>console.error("peak "+process.resourceUsage().maxRSS+" kB"))';

async function writeCorpus(folder: string, images: number): Promise<{ references: string; predictions: string }> {
  const caption = captionGenerator(images);
  const references = join(folder, `references-${images}.json`);
  const predictions = join(folder, `predictions-${images}.json`);
  const annotations = Array.from({ length: 5 * images }, (_, id) => ({
    id,
    image_id: id % images,
    caption: caption(),
  }));
  const results = Array.from({ length: images }, (_, image_id) => ({ image_id, caption: caption() }));
  const listed = Array.from({ length: images }, (_, id) => ({ id }));
  await writeFile(references, JSON.stringify({ images: listed, annotations }));
  await writeFile(predictions, JSON.stringify(results));
  return { references, predictions };
}

export async function benchmarkMetrics(): Promise<Measurement[]> {
  const resolve = createRequire(import.meta.url).resolve;
  const cli = resolve('#package/dist/harness/cli.js');
  const oracle = resolve('#package/test/oracle/score-with-pycocoevalcap.py');
  const python = process.env.PYCOCOEVALCAP_PYTHON;
  const folder = await mkdtemp(join(tmpdir(), 'vlm-bench-metrics-'));
  try {
    const small = await writeCorpus(folder, 5000);
    const large = await writeCorpus(folder, 40_504);
    const huge = await writeCorpus(folder, 405_040);
    const score = ({ references, predictions }: typeof small, ...more: readonly string[]) =>
      execa(process.execPath, [
        '--import',
        MEMORY_PROBE,
        cli,
        'score',
        'captions',
        '--references',
        references,
        '--predictions',
        predictions,
        '--json',
        ...more,
      ]);
    const nothing = async (): Promise<void> => {};

    const processes = await interleavedMedians(
      {
        plain: async () => void (await score(small, '--resamples', '0')),
        bootstrap: async () => void (await score(small)),
        theirs:
          python === undefined
            ? nothing
            : async () => void (await execa(python, [oracle, small.references, small.predictions])),
      },
      { rounds: 5, warmUp: 1 },
    );
    const val2014 = await interleavedMedians(
      {
        plain: async () => void (await score(large, '--resamples', '0')),
        bootstrap: async () => void (await score(large)),
      },
      { rounds: 3, warmUp: 1 },
    );
    let peak = 0;
    const scale = await interleavedMedians(
      {
        large: async () => void (await score(large, '--resamples', '0')),
        huge: async () => {
          const { stderr } = await score(huge, '--resamples', '0');
          peak = Math.max(peak, Number(/peak (\d+) kB/.exec(stderr)?.[1]));
        },
      },
      { rounds: 1, warmUp: 0 },
    );
    const caption = captionGenerator(1);
    const captions = Array.from({ length: 50_000 }, caption);
    const { tokenise } = await interleavedMedians({
      tokenise: () => {
        for (const text of captions) ptbTokeniser.tokenise(text);
      },
    });
    const seconds = (name: string, milliseconds: number, ceiling?: number): Measurement => ({
      name,
      value: milliseconds / 1000,
      unit: 's',
      ...(ceiling === undefined ? {} : { ceiling }),
    });
    const ratios: Measurement[] =
      python === undefined
        ? []
        : [
            { name: 'pycocoevalcap / score captions', value: processes.theirs / processes.plain, unit: '×', bar: 10 },
            {
              name: 'pycocoevalcap / score with bootstrap',
              value: processes.theirs / processes.bootstrap,
              unit: '×',
              bar: 4,
            },
          ];
    return [
      { name: 'tokeniser', value: captions.length / tokenise, unit: 'k/s', bar: 300 },
      seconds('score captions, 5,000 images × 5', processes.plain),
      seconds('score captions, 5,000 images × 5, 10,000 resamples', processes.bootstrap),
      seconds('score captions, 40,504 images × 5', val2014.plain, 6),
      seconds('score captions, 40,504 images × 5, 10,000 resamples', val2014.bootstrap),
      { name: 'score captions, 405,040 images × 5, memory', value: peak / 1024, unit: 'MiB', ceiling: 900 },
      {
        name: 'time of 405,040 images / 10 × time of 40,504',
        value: scale.huge / scale.large / 10,
        unit: '×',
        ceiling: 1.15,
      },
      ...ratios,
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
