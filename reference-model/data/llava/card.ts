/** Cards of what models are aligned with: captions that machines wrote, in the layout of LLaVA. */
import type { DataSetCard } from '../card.js';

const llava = 'https://huggingface.co/datasets/liuhaotian/LLaVA-Pretrain';
const shareGpt = 'https://huggingface.co/datasets/Lin-Chen/ShareGPT4V';

export const llavaPretrain = {
  name: 'llava-pretrain',
  description:
    'LLaVA-Pretrain (Liu et al., arXiv 2304.08485): a part of LAION, CC and SBU with one caption each, which BLIP wrote.',
  license: 'as the licences of CC-3M and BLIP allow; images under those of their sources',
  source: llava,
  files: [
    { path: 'blip_laion_cc_sbu_558k.json', holds: 'captions as conversations of two turns', from: llava },
    { path: 'images/', holds: 'images (images.zip, unpacked), in folders 00000 to 00659', from: llava },
  ],
  splits: { train: { images: 558_128, captions: 558_128 } },
  countsFrom: 'docs/Data.md of LLaVA says 558K; the last digits were not seen on a page of the project',
  layouts: [
    {
      format: 'files',
      captionStyle: 'ai',
      conversationsAre: 'captions',
      splits: { train: { conversations: ['blip_laion_cc_sbu_558k.json'], images: 'images' } },
    },
  ],
} as const satisfies DataSetCard;

export const shareGpt4v = {
  name: 'sharegpt4v',
  description:
    'ShareGPT4V (Chen et al., arXiv 2311.12793): long captions that GPT-4V wrote, of images of COCO, SAM, LLaVA-Pretrain and others.',
  license: 'CC BY-NC 4.0, and the terms of use of OpenAI; images under those of their sources',
  source: shareGpt,
  files: [
    {
      path: 'sharegpt4v_instruct_gpt4-vision_cap100k.json',
      holds: 'captions as conversations of two turns',
      from: shareGpt,
    },
    { path: 'images/', holds: 'folders coco/, sam/, llava/ and others, as the file names them', from: shareGpt },
  ],
  splits: { train: { captions: 102_025 } },
  countsFrom: 'rows that the viewer of the data set on Hugging Face shows',
  layouts: [
    {
      format: 'files',
      captionStyle: 'ai',
      conversationsAre: 'captions',
      splits: { train: { conversations: ['sharegpt4v_instruct_gpt4-vision_cap100k.json'], images: 'images' } },
    },
  ],
} as const satisfies DataSetCard;
