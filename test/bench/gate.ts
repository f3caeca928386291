/**
 * Whole `vlm-bench gate` processes on 5,000 synthetic images with 10,000 resamples: predictions scored on the spot against five
 * references each, with the gating metric alone and with five that inform, and the same scores from a file.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { interleavedMedians, type Measurement } from './measurement.js';

const IMAGES = 5000;
const CEILING_SECONDS = 1.5;
const WORDS =
  'man woman dog cat bus train red small large sitting riding holding on in near under pizza street table phone'.split(
    ' ',
  );

/** Captions of about ten words, half of them right; the candidate changes one in ten. */
async function writeFiles(folder: string): Promise<void> {
  let state = 1;
  const draw = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const caption = () =>
    `A ${Array.from({ length: 8 + Math.floor(draw() * 5) }, () => WORDS[Math.floor(draw() * WORDS.length)]).join(' ')}.`;
  const annotations: object[] = [];
  const accepted: object[] = [];
  const candidate: object[] = [];
  for (let image_id = 0; image_id < IMAGES; image_id++) {
    const references = Array.from({ length: 5 }, caption);
    annotations.push(...references.map((text, index) => ({ id: 5 * image_id + index, image_id, caption: text })));
    const said = draw() < 0.5 ? references[0]! : caption();
    accepted.push({ image_id, caption: said });
    candidate.push({ image_id, caption: draw() < 0.9 ? said : caption() });
  }
  await writeFile(join(folder, 'references.json'), JSON.stringify({ annotations }));
  await writeFile(join(folder, 'accepted.json'), JSON.stringify(accepted));
  await writeFile(join(folder, 'candidate.json'), JSON.stringify(candidate));
}

export async function benchmarkGate(): Promise<Measurement[]> {
  const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');
  const folder = await mkdtemp(join(tmpdir(), 'vlm-bench-gate-'));
  const run = async (...args: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await execa(process.execPath, [cli, ...args], { cwd: folder, reject: false });
    if (exitCode === undefined || ![0, 3, 4].includes(exitCode))
      throw new Error(`gate ended with ${exitCode}: ${stderr}`);
  };
  try {
    await writeFiles(folder);
    const references = ['--references', 'references.json'];
    await run(
      'gate',
      'accept',
      '--candidate',
      'accepted.json',
      ...references,
      '--baseline',
      'baseline.json',
      '--reason',
      'bench',
      '--accepted-by',
      'bench',
    );
    await run(
      'score',
      'captions',
      ...references,
      '--predictions',
      'candidate.json',
      '--resamples',
      '0',
      '--per-image',
      'scores.json',
    );
    const gate = (...args: readonly string[]) => run('gate', '--baseline', 'baseline.json', '--json', ...args);
    const six = ['CIDEr-D', 'BLEU-1', 'BLEU-2', 'BLEU-3', 'BLEU-4', 'ROUGE-L'].flatMap((name) => ['--metric', name]);
    const times = await interleavedMedians(
      {
        predictions: () => gate('--candidate', 'candidate.json', ...references),
        sixMetrics: () => gate('--candidate', 'candidate.json', ...references, ...six),
        scores: () => gate('--candidate', 'scores.json'),
      },
      { rounds: 5, warmUp: 1 },
    );
    const name = 'gate, 5,000 images, 10,000 resamples';
    const promised = (what: string, milliseconds: number): Measurement[] => [
      { name: `${name}: ${what}`, value: milliseconds / 1000, unit: 's', ceiling: CEILING_SECONDS },
      { name: `  of ${CEILING_SECONDS} s`, value: milliseconds / 1000 / CEILING_SECONDS, unit: '×' },
    ];
    return [
      ...promised('predictions', times.predictions),
      ...promised('scores file', times.scores),
      { name: `${name}: six metrics`, value: times.sixMetrics / 1000, unit: 's' },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
