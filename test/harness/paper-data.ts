/** The data sets of the paper scale in miniature: a few drawn images in the layouts in which the real ones are downloaded. */
import { drawImage, writeCopy } from '../reference-model/data/rooms/generated-copies.js';

const COLORS = ['red', 'blue', 'green'];
const said = (number: number) => `a ${COLORS[number % 3]} box is on the grass .`;
const conversation = (image: string, number: number) => ({
  id: String(number),
  image,
  conversations: [
    { from: 'human', value: '<image>\nDescribe the image concisely.' },
    { from: 'gpt', value: said(number) },
  ],
});
const cocoName = (part: string, id: number) => `COCO_${part}_${String(id).padStart(12, '0')}.jpg`;

function cocoCaptions(part: string, ids: readonly number[]) {
  return {
    images: ids.map((id) => ({ id, file_name: cocoName(part, id), width: 48, height: 48 })),
    annotations: ids.flatMap((id) => [0, 1].map((n) => ({ id: id * 10 + n, image_id: id, caption: said(id + n) }))),
  };
}

const vqaAnswers = (ids: readonly number[]) => ({
  annotations: ids.map((id) => ({
    image_id: id,
    question_id: id * 10,
    question_type: 'what',
    answer_type: 'other',
    multiple_choice_answer: 'red',
    answers: ['red', 'blue', 'red'].map((answer, index) => ({
      answer,
      answer_confidence: 'yes',
      answer_id: index + 1,
    })),
  })),
});
const vqaQuestions = (ids: readonly number[]) => ({
  questions: ids.map((id) => ({ image_id: id, question_id: id * 10, question: 'what color is the box?' })),
});

async function images(names: readonly string[]): Promise<Record<string, Uint8Array>> {
  const drawn = await Promise.all(names.map((_, number) => drawImage(number)));
  return Object.fromEntries(names.map((name, number) => [name, drawn[number]!]));
}

/** Fills a data root with `llava-pretrain`, `sharegpt4v`, `coco-vqa` and `coco-karpathy`. */
export async function writePaperData(root: string): Promise<void> {
  const numbers = [1, 2, 3, 4, 5, 6];
  const llava = numbers.map((n) => `0000${n}/00000000${n}.jpg`);
  const shareGpt = numbers.map((n) => `coco/train2017/00000000000${n}.jpg`);
  const [training, validation] = [
    [1, 2, 3, 4],
    [11, 12],
  ];
  const karpathy = [
    ...training.map((id) => ({ id, split: id < 4 ? 'train' : 'restval', part: 'train2014' })),
    ...[21, 22].map((id) => ({ id, split: 'val', part: 'val2014' })),
    ...[31, 32, 33].map((id) => ({ id, split: 'test', part: 'val2014' })),
  ];
  const inFolder = (folder: string, names: readonly string[]) => names.map((name) => `${folder}/${name}`);
  writeCopy(
    {
      'llava-pretrain/blip_laion_cc_sbu_558k.json': llava.map(conversation),
      ...(await images(inFolder('llava-pretrain/images', llava))),
      'sharegpt4v/sharegpt4v_instruct_gpt4-vision_cap100k.json': shareGpt.map(conversation),
      ...(await images(inFolder('sharegpt4v/images', shareGpt))),
      'coco-vqa/annotations/captions_train2014.json': cocoCaptions('train2014', training),
      'coco-vqa/annotations/captions_val2014.json': cocoCaptions('val2014', validation),
      'coco-vqa/v2_mscoco_train2014_annotations.json': vqaAnswers(training),
      'coco-vqa/v2_OpenEnded_mscoco_train2014_questions.json': vqaQuestions(training),
      'coco-vqa/v2_mscoco_val2014_annotations.json': vqaAnswers(validation),
      'coco-vqa/v2_OpenEnded_mscoco_val2014_questions.json': vqaQuestions(validation),
      ...(await images(training.map((id) => `coco-vqa/train2014/${cocoName('train2014', id)}`))),
      ...(await images(validation.map((id) => `coco-vqa/val2014/${cocoName('val2014', id)}`))),
      'coco-karpathy/dataset_coco.json': {
        dataset: 'coco',
        images: karpathy.map(({ id, split, part }) => ({
          imgid: id,
          cocoid: id,
          filepath: part,
          filename: cocoName(part, id),
          split,
          sentids: [2 * id, 2 * id + 1],
          sentences: [0, 1].map((n) => ({ raw: said(id + n), tokens: [], imgid: id, sentid: 2 * id + n })),
        })),
      },
      ...(await images(karpathy.map(({ id, part }) => `coco-karpathy/${part}/${cocoName(part, id)}`))),
    },
    root,
  );
}
