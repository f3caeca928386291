/** Scores files of made-up systems: a mean metric on images whose texts are known, drawn by a seeded generator. */
import { writeIn } from '../systems/system-files.js';

export interface MadeSystem {
  readonly label: string;
  /** Added to the score of every image. */
  readonly shift?: number;
  readonly images?: number;
  readonly signature?: string;
  readonly metric?: string;
  readonly higherIsBetter?: boolean;
  /** Of every image. */
  readonly reference?: (image: number) => string;
  /** One record per seed. */
  readonly seeds?: readonly number[];
}

/** Uniform numbers in [0, 1) of a congruential generator. */
function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Score of an image by a system and a seed: shared by all systems, but for their shift and a little noise. */
export function scoreOf(image: number, { label, shift = 0 }: MadeSystem, seed = 0): number {
  const shared = draws(image + 1)();
  const noise = draws(image * 31 + label.length * 977 + label.charCodeAt(0) * 131 + seed * 7)() - 0.5;
  return Math.round((1 + shared + shift + noise) * 1000) / 1000;
}

const defaultReference = (image: number) =>
  Array.from({ length: 3 + (image % 8) }, (_, word) => `word${word}`).join(' ');

export function writeSystem(folder: string, system: MadeSystem): string {
  const {
    label,
    images = 80,
    signature = 'Made|version:1',
    metric = 'Made',
    higherIsBetter = true,
    reference = defaultReference,
    seeds,
  } = system;
  const document = {
    format: 'vlm-bench scores 1',
    label,
    ...(seeds === undefined ? {} : { seeds }),
    metrics: { [metric]: { signature, higherIsBetter } },
    images: Array.from({ length: images }, (_, image) => ({
      id: `image-${String(image).padStart(4, '0')}`,
      scores: { [metric]: (seeds ?? [0]).map((seed) => scoreOf(image, system, seed)) },
      items: [
        {
          group: 'captions',
          references: [reference(image)],
          texts: (seeds ?? [0]).map((seed) => `${label} says ${image} with seed ${seed}`),
        },
      ],
    })),
  };
  return writeIn(folder, `${label}.json`, document);
}
