import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pixelFingerprint, pixelOrigin } from '../../../../reference-model/data/pixels/pixel-fingerprint.js';
import { preprocess } from '../../../../reference-model/data/pixels/preprocess.js';
import {
  type ImageProcessor,
  processedSize,
  siglipProcessor,
} from '../../../../reference-model/data/pixels/processor.js';
import { readProcessor } from '../../../../reference-model/data/pixels/read-processor.js';
import { InputError } from '../../../../reference-model/files/input-error.js';
import { newFolder } from '../rooms/generated-copies.js';

function read(settings: unknown, name = 'preprocessor_config.json'): ImageProcessor {
  const file = join(newFolder(), name);
  writeFileSync(file, JSON.stringify(settings));
  return readProcessor(file);
}

function refusal(settings: unknown): string {
  try {
    read(settings);
  } catch (error) {
    if (error instanceof InputError) return `${error.problem.what}; expected ${error.problem.expected}`;
    throw error;
  }
  throw new Error('It was read.');
}

/** As the checkpoint siglip-base-patch16-224 has them. */
const siglip = {
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_processor_type: 'SiglipImageProcessor',
  image_std: [0.5, 0.5, 0.5],
  processor_class: 'SiglipProcessor',
  resample: 3,
  rescale_factor: 0.00392156862745098,
  size: { height: 224, width: 224 },
};
/** As clip-vit-base-patch32 has them, from the time of feature extractors. */
const clip = {
  crop_size: 224,
  do_center_crop: true,
  do_normalize: true,
  do_resize: true,
  feature_extractor_type: 'CLIPFeatureExtractor',
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
  resample: 3,
  size: 224,
};

describe('reading a processor', () => {
  test("takes SigLIP's settings", () => {
    expect(read(siglip)).toEqual(siglipProcessor(224));
  });

  test("takes CLIP's settings, and numbers for sizes", () => {
    const processor = read(clip);
    expect(processor.resize).toEqual({ kernel: 'bicubic', to: { shortestEdge: 224 } });
    expect(processor.crop).toEqual({ width: 224, height: 224 });
    expect(processedSize(processor)).toEqual({ width: 224, height: 224 });
  });

  test('takes those that a fast class of version 5 nests, with null for what is not set', () => {
    const image_processor = {
      ...siglip,
      image_processor_type: 'SiglipImageProcessorFast',
      crop_size: null,
      do_pad: null,
      device: null,
    };
    expect(
      read({ image_processor, processor_class: 'LlavaProcessor', patch_size: 16 }, 'processor_config.json'),
    ).toEqual(siglipProcessor(224));
  });

  test('fills in what each class has by default', () => {
    expect(read({ image_processor_type: 'SiglipImageProcessor' })).toEqual(siglipProcessor(224));
    const { rescale, ...rest } = read({ image_processor_type: 'CLIPImageProcessor' });
    expect(rescale).toBe(1 / 255);
    expect(rest).toEqual({ ...read(clip), rescale: undefined });
  });

  test.each<[string, object, RegExp]>([
    [
      'another class',
      { image_processor_type: 'Siglip2ImageProcessor' },
      /"Siglip2ImageProcessor" is not known; .*SiglipImageProcessor/,
    ],
    ['a class that JavaScript would know', { image_processor_type: 'constructor' }, /"constructor" is not known/],
    ['no class', { image_processor_type: undefined }, /image_processor_type is missing/],
    ['a setting that is not known', { do_flip: true }, /the setting "do_flip" is not known/],
    ['padding', { do_pad: true }, /the setting "do_pad" is not known/],
    [
      'a kernel that is not known',
      { resample: 5 },
      /resample is 5; expected 0 to 4 \(nearest, lanczos, bilinear, bicubic, box\)/,
    ],
    ['a size of the wrong shape', { size: { width: 224 } }, /size is {"width":224}; expected {"height": H/],
    ['an edge, where SigLIP has none', { size: { shortest_edge: 224 } }, /size is {"shortest_edge":224}/],
    ['a size of zero', { size: { width: 0, height: 9 } }, /size is/],
    [
      'a deviation of zero',
      { image_std: [0.5, 0, 0.5] },
      /image_std is \[0.5,0,0.5\]; expected three numbers greater than 0/,
    ],
    ['two means', { image_mean: [0.5, 0.5] }, /image_mean is \[0.5,0.5\]; expected three numbers/],
    ['images of another number of channels', { do_convert_rgb: false }, /do_convert_rgb is false; expected true/],
    ['sizes as they come', { do_resize: false }, /its images would differ in size/],
  ])('refuses %s', (_, change, message) => {
    expect(refusal({ ...siglip, ...change })).toMatch(message);
  });

  test('refuses a nested setting with its path', () => {
    expect(refusal({ image_processor: { ...siglip, do_flip: true } })).toMatch(
      /"image_processor.do_flip" is not known/,
    );
  });

  test('refuses what is no object', () => {
    expect(refusal([siglip])).toMatch(/there are no settings/);
  });
});

test('values are the levels of the processor, height before width', () => {
  const rgb = Uint8Array.from([0, 255, 51, 255, 0, 102]);
  const values = preprocess(
    { width: 1, height: 2, rgb },
    { rescale: 1 / 255, normalize: { mean: [0, 0.5, 0.2], deviation: [1, 0.5, 2] }, crop: { width: 1, height: 2 } },
  );
  for (const [index, value] of [0, 1, 0, 1, -1, 0.1].entries()) expect(values[index]).toBeCloseTo(value, 6);
});

test('the fingerprint of pixels is another for each thing that decides them', async () => {
  const origin = await pixelOrigin(siglipProcessor(64));
  expect(origin.decoder).toMatch(/^sharp \d+\.\d+\.\d+, vips /);
  const base = siglipProcessor(64);
  const others = [
    origin,
    { ...origin, decoder: 'sharp 0.0.1' },
    { ...origin, rules: 'other' },
    { ...origin, processor: siglipProcessor(65) },
    { ...origin, processor: { ...base, resize: { kernel: 'bilinear', to: { width: 64, height: 64 } } } as const },
    { ...origin, processor: { ...base, crop: { width: 64, height: 64 } } },
    { ...origin, processor: { ...base, rescale: 1 } },
    { ...origin, processor: { ...base, normalize: { mean: [0.5, 0.5, 0.4], deviation: [0.5, 0.5, 0.5] } } as const },
  ];
  const prints = [...others.map((other) => pixelFingerprint('a', other)), pixelFingerprint('b', origin)];
  expect(new Set(prints).size).toBe(prints.length);
  const { normalize, rescale, resize } = base;
  const reordered = { normalize: normalize!, rescale: rescale!, resize: resize! };
  expect(pixelFingerprint('a', { ...origin, processor: reordered })).toBe(prints[0]);
});
