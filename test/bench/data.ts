/**
 * Opening data sets: the captions of COCO 2017's training split (118,287 images, 591,753 captions; written here at that size), and a tar
 * shard of 100,000 records. Each is opened in a process of its own, whose peak memory is reported. Then pixels, and training on them.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { tarEnd, tarMember } from '../../reference-model/data/containers/tar-writer.js';
import type { Measurement } from './measurement.js';
import { benchmarkPixels } from './pixels.js';
import { benchmarkStreaming } from './streaming.js';

const IMAGES = 118_287;
const CAPTIONS = 591_753;
const TAR_RECORDS = 100_000;
const WORDS =
  'man woman dog cat bus train red small large sitting riding holding on in near under pizza street table phone'.split(
    ' ',
  );

function caption(number: number): string {
  const words = Array.from({ length: 8 + (number % 5) }, (_, index) => WORDS[(number * 7 + index * 3) % WORDS.length]);
  return `A ${words.join(' ')}.`;
}

/** As the file of COCO is laid out, with all fields of its records. */
function* cocoParts(): Generator<string> {
  yield '{"info":{"year":2017},"licenses":[],"images":[';
  for (let id = 0; id < IMAGES; id++) {
    const name = `${String(id).padStart(12, '0')}.jpg`;
    const flickr = `http://farm9.staticflickr.com/8186/${id}_4a7e2e0a3c_z.jpg`;
    const image = {
      license: 3,
      file_name: name,
      coco_url: `http://images.cocodataset.org/train2017/${name}`,
      height: 360,
      width: 640,
      date_captured: '2013-11-14 11:18:45',
      flickr_url: flickr,
      id,
    };
    yield `${id === 0 ? '' : ','}${JSON.stringify(image)}`;
  }
  yield '],"annotations":[';
  for (let id = 0; id < CAPTIONS; id++) {
    yield `${id === 0 ? '' : ','}${JSON.stringify({ image_id: id % IMAGES, id, caption: caption(id) })}`;
  }
  yield ']}';
}

function* tarParts(): Generator<Uint8Array> {
  const image = Buffer.alloc(4000, 0xa5);
  for (let index = 0; index < TAR_RECORDS; index++) {
    const key = String(index).padStart(8, '0');
    yield* tarMember(`${key}.jpg`, image);
    yield* tarMember(`${key}.txt`, Buffer.from(caption(index)));
  }
  yield tarEnd();
}

async function write(file: string, parts: Iterable<string | Uint8Array>): Promise<void> {
  const stream = createWriteStream(file);
  for (const part of parts) if (!stream.write(part)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'finish');
}

/** Seconds, those of the processor with the start of the process, and peak resident MB of opening, and bytes read from the operating system, where it tells them. */
async function opened(root: string, declaration: object) {
  const url = (name: string) => new URL(name, import.meta.url).href;
  const program = `
    import { readFileSync } from 'node:fs';
    import { openDeclared } from ${JSON.stringify(url('../../reference-model/data/declared/open-declared.js'))};
    const start = performance.now();
    const source = await openDeclared('bench', ${JSON.stringify(declaration)}, ${JSON.stringify(root)});
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage();
    const samples = [...source.splits.values()].flatMap(({ samples }) => samples);
    const captions = samples.reduce((sum, { humanCaptions }) => sum + humanCaptions.length, 0);
    const io = process.platform === 'linux' ? Number(/rchar: (\\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1]) : 0;
    console.log(JSON.stringify({ seconds, processor: (user + system) / 1e6, megabytes: process.resourceUsage().maxRSS / 1000, images: samples.length, captions, io }));`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', program]);
  type Figure = 'seconds' | 'processor' | 'megabytes' | 'images' | 'captions' | 'io';
  return JSON.parse(stdout) as Record<Figure, number>;
}

export async function benchmarkData(): Promise<Measurement[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vlm-bench-data-'));
  try {
    await write(join(folder, 'coco.json'), cocoParts());
    const split = { captions: ['coco.json'] };
    const coco = await opened(folder, { format: 'files', captionStyle: 'human', splits: { train: split } });
    if (coco.images !== IMAGES || coco.captions !== CAPTIONS) throw new Error('COCO was not opened whole.');
    await write(join(folder, 'shard.tar'), tarParts());
    const shards = { shards: ['shard.tar'] };
    const tar = await opened(folder, { format: 'webdataset', captionStyle: 'human', splits: { train: shards } });
    if (tar.images !== TAR_RECORDS) throw new Error('The shard was not opened whole.');
    const { size } = await stat(join(folder, 'shard.tar'));
    return [
      { name: 'open captions of COCO 2017 train', value: coco.seconds, unit: 's', ceiling: 4 },
      { name: 'processor time of opening them', value: coco.processor, unit: 's', ceiling: 4 },
      { name: 'peak memory of opening them', value: coco.megabytes, unit: 'MB', ceiling: 600 },
      { name: 'open a tar shard of 100,000 records', value: tar.seconds, unit: 's' },
      { name: 'peak memory of opening it', value: tar.megabytes, unit: 'MB' },
      ...(tar.io === 0
        ? []
        : [{ name: 'bytes read for each byte of it', value: tar.io / size, unit: '×', ceiling: 2 }]),
      ...(await benchmarkPixels()),
      ...(await benchmarkStreaming()),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}
