/**
 * Reads an image processor as `transformers` saves it: `preprocessor_config.json`, or nested in the `processor_config.json` of version 5.
 * What would change the pixels and is not known here is refused by its name, never passed over.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../../files/input-error.js';
import { readJson } from '../../files/read-json.js';
import { KERNELS } from './kernels.js';
import type { Channels, ImageProcessor, Size } from './processor.js';

/** Class names of `transformers` 4 and 5; those that end in Fast and Pil do the same by other means. */
const FAMILIES = {
  SiglipImageProcessor: 'siglip',
  CLIPImageProcessor: 'clip',
  CLIPFeatureExtractor: 'clip',
} as const;
type Family = (typeof FAMILIES)[keyof typeof FAMILIES];

const length = z.int().min(1).max(16_384);
const size = z.strictObject({ height: length, width: length });
const finite = z.number();
const channels = z.union([finite, z.tuple([finite, finite, finite])]);
const positive = z.union([finite.positive(), z.tuple([finite.positive(), finite.positive(), finite.positive()])]);

/** Settings that say something of the pixels; null is as if it were not there. */
const settingsSchema = z.object({
  do_resize: z.boolean(),
  size: z.union([size, z.strictObject({ shortest_edge: length }), length]),
  resample: z.int().min(0),
  do_center_crop: z.boolean(),
  crop_size: z.union([size, length]),
  do_rescale: z.boolean(),
  rescale_factor: finite,
  do_normalize: z.boolean(),
  image_mean: channels,
  image_std: positive,
  do_convert_rgb: z.boolean(),
});
type Settings = Partial<z.infer<typeof settingsSchema>>;

const EXPECTED: Readonly<Record<keyof Settings, string>> = {
  do_resize: 'true or false',
  size: '{"height": H, "width": W}, or for CLIP {"shortest_edge": N}, in whole pixels up to 16384',
  resample: `0 to ${KERNELS.length - 1} (${KERNELS.join(', ')})`,
  do_center_crop: 'true or false',
  crop_size: '{"height": H, "width": W} in whole pixels up to 16384',
  do_rescale: 'true or false',
  rescale_factor: 'a number',
  do_normalize: 'true or false',
  image_mean: 'three numbers',
  image_std: 'three numbers greater than 0',
  do_convert_rgb: 'true or false',
};

/** What says nothing of the pixels. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'image_processor_type',
  'feature_extractor_type',
  'processor_class',
  '_valid_processor_keys',
  'default_to_square',
  'data_format',
  'return_tensors',
  'device',
  'disable_grouping',
  'image_seq_length',
]);

const DEFAULTS: Readonly<Record<Family, Settings>> = {
  siglip: {
    size: { height: 224, width: 224 },
    do_center_crop: false,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  },
  clip: {
    size: { shortest_edge: 224 },
    do_center_crop: true,
    crop_size: { height: 224, width: 224 },
    image_mean: [0.48145466, 0.4578275, 0.40821073],
    image_std: [0.26862954, 0.26130258, 0.27577711],
  },
};

/** Where a folder of the hub states its image processor: version 5 of `transformers` nests it in the file of the whole processor. */
export function processorFile(folder: string): string {
  const own = join(folder, 'preprocessor_config.json');
  const whole = join(folder, 'processor_config.json');
  return existsSync(own) || !existsSync(whole) ? own : whole;
}

/**
 * @param file `preprocessor_config.json` or `processor_config.json`
 * @throws InputError naming the class or the setting that is not known, or the value that is wrong
 */
export function readProcessor(file: string): ImageProcessor {
  const outer = objectOf(readJson(file), file);
  const nested = outer.image_processor !== undefined;
  const found = nested ? objectOf(outer.image_processor, file) : outer;
  const given = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== null));
  const family = familyOf(given, file);
  const path = nested ? 'image_processor.' : '';
  return processorOf({ ...DEFAULTS[family], ...settingsOf(given, family, file, path) }, family, file, path);
}

function objectOf(value: unknown, file: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw refused(file, 'there are no settings of an image processor', 'one object', 'name a preprocessor_config.json');
}

function familyOf(given: Readonly<Record<string, unknown>>, file: string): Family {
  const name = given.image_processor_type ?? given.feature_extractor_type;
  if (typeof name === 'string') {
    const plain = name.replace(/(Fast|Pil)$/, '');
    if (Object.hasOwn(FAMILIES, plain)) return FAMILIES[plain as keyof typeof FAMILIES];
  }
  throw refused(
    file,
    name === undefined ? 'image_processor_type is missing' : `the image processor ${JSON.stringify(name)} is not known`,
    `image_processor_type ${Object.keys(FAMILIES).join(', ')}, with or without Fast`,
    'use a checkpoint with one of these; SigLIP 2 has them where its resolution is fixed',
  );
}

function settingsOf(given: Readonly<Record<string, unknown>>, family: Family, file: string, path: string): Settings {
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (WITHOUT_EFFECT.has(key)) continue;
    if (key === 'do_pad' && value === false) continue;
    if (!Object.hasOwn(settingsSchema.shape, key)) {
      throw refused(
        file,
        `the setting ${JSON.stringify(path + key)} is not known`,
        `settings of ${Object.keys(settingsSchema.shape).join(', ')}`,
        'remove it if it changes nothing',
      );
    }
    const setting = key as keyof Settings;
    const parsed = settingsSchema.shape[setting].safeParse(value);
    const wrongSize = family === 'siglip' && setting === 'size' && !size.safeParse(value).success;
    if (!parsed.success || wrongSize) {
      throw refused(file, `${path}${key} is ${JSON.stringify(value).slice(0, 100)}`, EXPECTED[setting], 'correct it');
    }
    settings[setting] = parsed.data;
  }
  return settings;
}

function processorOf(settings: Settings, family: Family, file: string, path: string): ImageProcessor {
  const {
    do_resize = true,
    size: resized,
    resample = 3,
    do_center_crop,
    crop_size,
    do_rescale = true,
    rescale_factor = 1 / 255,
    do_normalize = true,
    image_mean,
    image_std,
    do_convert_rgb = true,
  } = settings;
  if (!do_convert_rgb) {
    throw refused(file, `${path}do_convert_rgb is false`, 'true: images are read as RGB', 'set it to true');
  }
  const kernel = KERNELS[resample];
  if (kernel === undefined) {
    throw refused(file, `${path}resample is ${resample}`, EXPECTED.resample, 'use a checkpoint with one of these');
  }
  // SigLIP's processor does not crop, whatever its settings say.
  const crop = family === 'clip' && do_center_crop === true ? squared(crop_size!) : undefined;
  const fixed = crop !== undefined || (do_resize && typeof resized === 'object' && 'width' in resized);
  if (!fixed) {
    throw refused(
      file,
      'its images would differ in size',
      `${path}size with height and width, or do_center_crop with a crop_size`,
      'set one of them',
    );
  }
  return {
    ...(do_resize ? { resize: { kernel, to: targetOf(resized!) } } : {}),
    ...(crop === undefined ? {} : { crop }),
    ...(do_rescale ? { rescale: rescale_factor } : {}),
    ...(do_normalize ? { normalize: { mean: ofChannels(image_mean!), deviation: ofChannels(image_std!) } } : {}),
  };
}

function targetOf(given: NonNullable<Settings['size']>): Size | { readonly shortestEdge: number } {
  if (typeof given === 'number') return { shortestEdge: given };
  return 'width' in given ? given : { shortestEdge: given.shortest_edge };
}

const squared = (given: Size | number): Size => (typeof given === 'number' ? { width: given, height: given } : given);

const ofChannels = (given: number | Channels): Channels => (typeof given === 'number' ? [given, given, given] : given);

function refused(file: string, what: string, expected: string, fix: string): InputError {
  return new InputError({ code: 'data-invalid', what, where: file, expected, fix });
}
