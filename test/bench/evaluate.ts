/**
 * Whole `vlm-bench evaluate` processes over 10,000 questions about 5,000 images on disk, answered by a program that echoes: what the command
 * costs beyond the program, and what going on from a whole log costs.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import type { Measurement } from './measurement.js';

/** As many as the Karpathy test split of COCO has. */
const IMAGES = 5000;
const QUESTIONS = 10_000;
/** About a small JPEG's. */
const IMAGE_BYTES = 40_000;

const ECHO = `import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify({ id: JSON.parse(line).id, text: 'yes', finish_reason: 'stop', completion_tokens: 1 }) + '\\n');
}
`;

const peak =
  'data:text/javascript,process.on("exit",()=>console.error("peak "+process.resourceUsage().maxRSS+" kB, "+process.cpuUsage().user+" and "+process.cpuUsage().system+" µs"))';

function writeData(root: string): void {
  mkdirSync(join(root, 'images'), { recursive: true });
  const questions = Array.from({ length: QUESTIONS }, (_, qid) => ({
    qid,
    image_name: `${qid >> 1}.jpg`,
    phrase_type: 'freeform',
    question: `Is there anything in part ${qid & 1}?`,
    answer: qid % 3 === 0 ? 'Yes' : 'No',
    answer_type: 'CLOSED',
    question_type: 'PRES',
  }));
  writeFileSync(join(root, 'testset.json'), JSON.stringify(questions));
  writeFileSync(join(root, 'trainset.json'), JSON.stringify([{ ...questions[0], image_name: 'train.jpg' }]));
  // The bytes alone matter to who does not look at them.
  const image = Buffer.alloc(IMAGE_BYTES, 0x5a);
  for (const name of [...Array.from({ length: IMAGES }, (_, index) => String(index)), 'train']) {
    image.write(`image ${name}`.padEnd(20), 0);
    writeFileSync(join(root, 'images', `${name}.jpg`), image);
  }
}

interface Times {
  readonly seconds: number;
  /** Seconds of processor time of our own process. */
  readonly processor: number;
  readonly megabytes: number;
  readonly asked: number;
}

/** Seconds of finding 10,000 answers in the log again, reading every image, in a process of its own. */
async function goOn(folder: string, cli: string): Promise<Pick<Times, 'seconds' | 'processor'>> {
  const dist = new URL('..', pathToFileURL(cli));
  const script = `
    const load = (name) => import(${JSON.stringify(String(dist))} + name);
    const [{ openSource }, { itemsOf }, { AnswerLogs }, { askAll }, { readBenchmark, settingsOf }] = await Promise.all(
      ['reference-model/data/open-source.js', 'harness/answers/items.js', 'harness/answers/answer-log.js',
       'harness/answers/ask-all.js', 'harness/suite/benchmark/find-benchmark.js'].map(load));
    const { readdirSync } = await import('node:fs');
    const data = await openSource('vqa-rad', { root: '.' });
    const benchmark = readBenchmark('vqa-rad');
    const settings = settingsOf(benchmark, 'default');
    const { items } = itemsOf(data.splits.get('test'), benchmark, settings);
    const below = 'vlm-bench-results/evaluations/vqa-rad-default';
    const model = JSON.parse((await import('node:fs')).readFileSync(below + '/' + readdirSync(below)[0] + '/evaluation.json', 'utf8')).model;
    const start = performance.now();
    const before = process.cpuUsage();
    const logs = new AnswerLogs(below + '/' + readdirSync(below)[0] + '/logs', 'vqa-rad@1', { kind: model.kind, name: model.name });
    const answerer = { batchSize: 1, inFlight: 1, answer: () => { throw new Error('asked'); } };
    await askAll(items, { benchmark: 'vqa-rad@1', decoding: settings.decoding, answerer, logs, data });
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6 }));`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
  return JSON.parse(stdout) as Times;
}

/** Seconds of asking the program the same without us. */
async function programAlone(folder: string): Promise<number> {
  const requests = Array.from(
    { length: QUESTIONS },
    (_, id) => `${JSON.stringify({ id: String(id), image: 'x', prompt: 'y' })}\n`,
  );
  const start = performance.now();
  await execa(process.execPath, [join(folder, 'echo.mjs')], { input: requests.join('') });
  return (performance.now() - start) / 1000;
}

export async function benchmarkEvaluate(): Promise<Measurement[]> {
  const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');
  const folder = await mkdtemp(join(tmpdir(), 'vlm-bench-evaluate-'));
  try {
    writeData(join(folder, 'vqa-rad'));
    writeFileSync(join(folder, 'echo.mjs'), ECHO);
    const evaluate = async (): Promise<Times> => {
      const model = `command:"${process.execPath}" echo.mjs`;
      const args = ['evaluate', 'vqa-rad', '--data-root', '.', '--model', model, '--json'];
      const start = performance.now();
      const { stdout, stderr } = await execa(process.execPath, ['--import', peak, cli, ...args], { cwd: folder });
      const seconds = (performance.now() - start) / 1000;
      const [, kilobytes, user, system] = /peak (\d+) kB, (\d+) and (\d+)/.exec(stderr)!;
      return {
        seconds,
        processor: (Number(user) + Number(system)) / 1e6,
        megabytes: Number(kilobytes) / 1000,
        asked: JSON.parse(stdout).asked,
      };
    };
    const alone = await programAlone(folder);
    const first = await evaluate();
    const again = await evaluate();
    if (first.asked !== QUESTIONS || again.asked !== 0) throw new Error('the answers were not kept');
    const resumed = await goOn(folder, cli);
    const name = 'evaluate, 10,000 answers about 5,000 images';
    const perAnswer = (seconds: number): number => (1000 * seconds) / QUESTIONS;
    const overhead = perAnswer(first.seconds - again.seconds - alone);
    return [
      { name: `${name}: whole process`, value: first.seconds, unit: 's', ceiling: 10 },
      { name: `${name}: peak memory`, value: first.megabytes, unit: 'MB', ceiling: 400 },
      { name: '  an answer, beyond the program and a repetition', value: overhead, unit: 'ms', ceiling: 0.5 },
      { name: '  the same in our processor time', value: perAnswer(first.processor - again.processor), unit: 'ms' },
      { name: '  going on: 10,000 answers found in the log', value: resumed.seconds, unit: 's', ceiling: 1 },
      { name: '  the same in our processor time', value: resumed.processor, unit: 's' },
      { name: `${name}: repeated`, value: again.seconds, unit: 's' },
      { name: '  the same in our processor time', value: again.processor, unit: 's' },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
