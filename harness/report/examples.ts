/** Example images with what was expected and what both arms said, chosen before any score existed: the first of the split. */
import type { ExampleView } from '../../reports/index.js';
import { type ExampleImage, examplePng } from '../records/example-images.js';
import { isSpoken, type Prediction, type SpokenPrediction } from '../records/predictions.js';

export interface ArmPredictions {
  readonly arm: string;
  readonly seed: number;
  readonly predictions: readonly Prediction[];
}

/** @param arms each arm's predictions at the same seed */
export async function exampleViews(
  images: readonly ExampleImage[],
  arms: readonly ArmPredictions[],
  split: string,
): Promise<readonly ExampleView[]> {
  const views = images.map(async (example): Promise<ExampleView | undefined> => {
    const { imageId, width, height } = example;
    const said = arms.map(({ predictions }) => firstAbout(imageId, predictions));
    const first = said[0];
    if (first === undefined) return undefined;
    const png = await examplePng(example);
    return {
      imageId,
      image: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
      width,
      height,
      prompt: first.type === 'caption' ? first.prompt : first.question,
      references: first.type === 'caption' ? first.references : [first.expected],
      predictions: arms.flatMap(({ arm, seed }, which) => {
        const prediction = said[which];
        return prediction === undefined ? [] : [{ arm, seed, text: prediction.text, ...scoreOf(prediction) }];
      }),
      selection: `the first ${images.length} of the ${split} split in its own order`,
    };
  });
  return (await Promise.all(views)).filter((view) => view !== undefined);
}

/** An image's caption, or else the answer to its first question. */
function firstAbout(imageId: string, predictions: readonly Prediction[]): SpokenPrediction | undefined {
  const about = predictions.filter(isSpoken).filter((prediction) => prediction.imageId === imageId);
  return about.find(({ type }) => type === 'caption') ?? about[0];
}

function scoreOf(
  prediction: SpokenPrediction,
): Pick<ExampleView['predictions'][number], 'score' | 'scoreName' | 'outcome'> {
  if (prediction.type === 'caption') return { score: prediction.score, scoreName: 'CIDEr-D' };
  const { correct } = prediction;
  return { score: correct ? 1 : 0, scoreName: 'correct', outcome: correct ? 'correct' : 'wrong' };
}
