/** Small copies of real layouts on disk: captions of Flickr8k and questions of VQA-RAD, with pictures that differ. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const program = fileURLToPath(new URL('../../fixtures/answerers/program.mjs', import.meta.url));

/** The command line of the program that tests evaluate. */
export const commandOf = (...args: readonly string[]): string =>
  [process.execPath, program, ...args].map((word) => JSON.stringify(word)).join(' ');

async function picture(file: string, seed: number): Promise<void> {
  const pixels = Uint8Array.from({ length: 12 * 10 * 3 }, (_, index) => (index * (seed + 3)) % 251);
  await sharp(pixels, { raw: { width: 12, height: 10, channels: 3 } })
    .png()
    .toFile(file);
}

/** `images` of the test split, called `1.png` and so on, with two captions each. @returns the data root */
export async function captionData(folder: string, images: number): Promise<string> {
  const root = join(folder, 'flickr8k');
  mkdirSync(join(root, 'Images'), { recursive: true });
  const names = Array.from({ length: images + 2 }, (_, index) => `${index}.jpg`);
  const captions = names.flatMap((name, index) => [
    `${name}#0\tA dog number ${(index * 7) % 97} runs .`,
    `${name}#1\tAn animal moves over grass .`,
  ]);
  writeFileSync(join(root, 'Flickr8k.token.txt'), `${captions.join('\n')}\n`);
  const lists = { train: [names[0]!], dev: [names[images + 1]!], test: names.slice(1, images + 1) };
  for (const [split, list] of Object.entries(lists)) {
    writeFileSync(join(root, `Flickr_8k.${split}Images.txt`), `${list.join('\n')}\n`);
  }
  for (const [index, name] of names.entries()) await picture(join(root, 'Images', name), index);
  return root;
}

/** Questions about `images` pictures, a closed and an open one each. @returns the data root */
export async function questionData(folder: string, images: number): Promise<string> {
  const root = join(folder, 'vqa-rad');
  mkdirSync(join(root, 'images'), { recursive: true });
  const questions = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => from + index).flatMap((image) => [
      question(2 * image, image, 'Is there a fracture?', image % 2 === 0 ? 'Yes' : 'No'),
      question(2 * image + 1, image, 'Which organ is shown?', 'lung'),
    ]);
  writeFileSync(join(root, 'testset.json'), JSON.stringify(questions(1, images + 1)));
  writeFileSync(join(root, 'trainset.json'), JSON.stringify(questions(0, 1)));
  for (let image = 0; image <= images; image++) await picture(join(root, 'images', `synpic${image}.jpg`), image);
  return root;
}

const question = (qid: number, image: number, text: string, answer: string) => ({
  qid,
  image_name: `synpic${image}.jpg`,
  question: text,
  answer,
  phrase_type: 'freeform',
  answer_type: /yes|no/i.test(answer) ? 'CLOSED' : 'OPEN',
});
