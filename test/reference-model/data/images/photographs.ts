/** A small set in the layout of Flickr8k: JPEGs with noise and gradients, each with a shape that its captions name, of different sizes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { randomStream } from '../../../../reference-model/numerics/random.js';

const COLORS = { red: [200, 40, 30], green: [40, 170, 60], blue: [30, 70, 200], white: [240, 240, 240] } as const;
const GROUNDS = { grass: [70, 120, 50], water: [60, 110, 150], snow: [215, 220, 230] } as const;

export interface Photograph {
  readonly file: string;
  readonly captions: readonly string[];
}

export interface Photographs {
  readonly train: readonly Photograph[];
  readonly validation: readonly Photograph[];
  readonly test: readonly Photograph[];
}

/** Writes `Images/`, `captions.txt` and the lists of the splits. @param sizes photographs of each split */
export async function writePhotographs(
  folder: string,
  sizes: Readonly<Record<keyof Photographs, number>>,
): Promise<Photographs> {
  mkdirSync(join(folder, 'Images'), { recursive: true });
  const of = async (split: keyof Photographs): Promise<readonly Photograph[]> => {
    const photographs: Photograph[] = [];
    for (let number = 0; number < sizes[split]; number++) {
      const { jpeg, captions } = await draw(`${split}-${number}`);
      const file = `${split}_${String(number).padStart(4, '0')}.jpg`;
      writeFileSync(join(folder, 'Images', file), jpeg);
      photographs.push({ file, captions });
    }
    return photographs;
  };
  const all = { train: await of('train'), validation: await of('validation'), test: await of('test') };
  const lines = Object.values(all).flatMap((some) =>
    some.flatMap(({ file, captions }) => captions.map((caption) => `${file},"${caption}"`)),
  );
  writeFileSync(join(folder, 'captions.txt'), `image,caption\n${lines.join('\n')}\n`);
  const lists = { train: all.train, dev: all.validation, test: all.test };
  for (const [list, some] of Object.entries(lists)) {
    writeFileSync(join(folder, `Flickr_8k.${list}Images.txt`), `${some.map(({ file }) => file).join('\n')}\n`);
  }
  return all;
}

async function draw(name: string): Promise<{ readonly jpeg: Uint8Array; readonly captions: readonly string[] }> {
  const stream = randomStream(1, 'photograph', name);
  const pick = <Key extends string>(of: Readonly<Record<Key, unknown>>): Key =>
    (Object.keys(of) as Key[])[stream.integer(Object.keys(of).length)]!;
  const [color, ground] = [pick(COLORS), pick(GROUNDS)];
  const [width, height] = [80 + stream.integer(60), 80 + stream.integer(60)];
  const [left, top, size] = [stream.integer(width - 50), stream.integer(height - 50), 30 + stream.integer(20)];
  const pixels = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isShape = x >= left && x < left + size && y >= top && y < top + size;
      const level = isShape ? COLORS[color] : GROUNDS[ground];
      const shade = (isShape ? 0 : (40 * y) / height) + stream.integer(25) - 12;
      for (let channel = 0; channel < 3; channel++) pixels[(y * width + x) * 3 + channel] = level[channel]! + shade;
    }
  }
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
  const captions = [
    `a ${color} box is on the ${ground} .`,
    `A ${color} box on ${ground} .`,
    `the ${ground} with a ${color} box .`,
    `one ${color} box lies on the ${ground} .`,
    `there is a ${color} box .`,
  ];
  return { jpeg, captions };
}
