/** Small copies of public data sets, written in the layouts in which people have them, with images that are drawn here. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-rooms-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Files by path; what is no text or bytes becomes JSON. */
export function writeCopy(files: Readonly<Record<string, unknown>>, folder: string = newFolder()): string {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const isPlain = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path, isPlain ? content : JSON.stringify(content));
  }
  return folder;
}

/** A JPEG or PNG whose brightness follows a pattern of its own for each number. */
export function drawImage(
  number: number,
  { format = 'jpeg', side = 48 }: { format?: 'jpeg' | 'png'; side?: number } = {},
) {
  const pixels = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const cell = Math.floor((x * 9) / side) * 31 + Math.floor((y * 8) / side) * 17 + number * 101;
      pixels.fill(((cell * cell * 2654435761) >>> 24) & 0xff, (y * side + x) * 3, (y * side + x) * 3 + 3);
    }
  }
  const image = sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
  return format === 'png' ? image.png().toBuffer() : image.jpeg({ quality: 95 }).toBuffer();
}

const caption = (image: number, number: number) => `caption ${number} of image ${image}`;
const five = [0, 1, 2, 3, 4];

/** One text file in each layout: the same two images with their captions or questions. */
export const TEXTS = {
  coco: {
    images: [1, 2].map((id) => ({ id, file_name: `${id}.jpg`, width: 48, height: 48 })),
    annotations: [1, 2].flatMap((id) => five.map((n) => ({ id: id * 10 + n, image_id: id, caption: caption(id, n) }))),
  },
  karpathy: {
    dataset: 'flickr30k',
    images: [1, 2].map((id) => ({
      imgid: id,
      filename: `${id}.jpg`,
      split: id === 1 ? 'train' : 'test',
      sentids: five,
      sentences: five.map((n) => ({ raw: caption(id, n), tokens: [], imgid: id, sentid: n })),
    })),
  },
  karpathyLines: [1, 2]
    .map((id) =>
      JSON.stringify({
        filepath: 'train2014',
        filename: `${id}.jpg`,
        imgid: id,
        cocoid: id,
        split: 'train',
        sentids: five,
        sentences: five.map((n) => caption(id, n)),
      }),
    )
    .join('\n'),
  flickrCsv: `raw,sentids,split,filename,img_id\n${[1, 2]
    .map((id) => `"[${five.map((n) => `""${caption(id, n)}""`).join(', ')}]","[0, 1, 2, 3, 4]",train,${id}.jpg,${id}`)
    .join('\n')}\n`,
  token: [1, 2].flatMap((id) => five.map((n) => `${id}.jpg#${n}\t${caption(id, n)}`)).join('\n'),
  bars: `image_name| comment_number| comment\n${[1, 2].flatMap((id) => five.map((n) => `${id}.jpg| ${n}| ${caption(id, n)}`)).join('\n')}\n`,
  captionsTxt: `image,caption\n${[1, 2].flatMap((id) => five.map((n) => `${id}.jpg,"${caption(id, n)}"`)).join('\n')}\n`,
  captionLines: [1, 2]
    .map((id) => JSON.stringify({ image: `${id}.jpg`, captions: five.map((n) => caption(id, n)) }))
    .join('\n'),
  pathVqaCsv: 'image,question,answer\n1.jpg,is it red?,yes\n1.jpg,what is seen?,"a gland, large"\n2.jpg,where?,liver\n',
  pathVqaJson: [
    { image: '1', question: 'is it red?', answer: 'yes' },
    { image: '2', question: 'where?', answer: 'liver' },
  ],
  vqaV2: {
    annotations: [1, 2].map((id) => ({
      image_id: id,
      question_id: id * 10,
      question_type: 'what',
      answer_type: 'other',
      multiple_choice_answer: 'cat',
      answers: ['cat', 'dog', 'cat'].map((answer, index) => ({ answer, answer_confidence: 'yes', answer_id: index })),
    })),
  },
  vqaV2Questions: {
    questions: [1, 2].map((id) => ({ image_id: id, question_id: id * 10, question: `what is ${id}?` })),
  },
  vqaRad: [1, 2].map((id) => ({
    qid: id,
    image_name: `${id}.jpg`,
    answer: 'No',
    answer_type: 'CLOSED',
    question_type: 'PRES',
    question: 'Is there a mass?',
    phrase_type: 'freeform',
  })),
  llava: [
    {
      id: 'one',
      image: '1.jpg',
      conversations: [
        { from: 'human', value: '<image>\nDescribe it.' },
        { from: 'gpt', value: 'A grey pattern.' },
      ],
    },
    {
      id: 'many',
      image: ['1.jpg', '2.jpg'],
      conversations: [
        { from: 'human', value: 'Compare <image> with <image> please.' },
        { from: 'gpt', value: 'They differ.' },
        { from: 'human', value: 'How?' },
        { from: 'gpt', value: 'In brightness.' },
      ],
    },
    {
      id: 'none',
      conversations: [
        { from: 'human', value: 'Hello.' },
        { from: 'gpt', value: 'Hello.' },
      ],
    },
  ],
} as const;

export { caption };
