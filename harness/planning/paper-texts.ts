/**
 * How long the texts of the stages of a paper scale are, and how many there are: from the data where it is there, with the tokenizer and template of the
 * weights; else as the suite assumes and the card of the data set states.
 */
import { exampleTokens, type ModelReader } from '../../reference-model/data/chat/model-reader.js';
import { DataError } from '../../reference-model/data/data-error.js';
import { openSource } from '../../reference-model/data/open-source.js';
import { cardOf, DATA_SET_NAMES } from '../../reference-model/data/registry.js';
import type { IndexedSample } from '../../reference-model/data/source.js';
import { InputError } from '../../reference-model/files/input-error.js';
import type { Source, TextStage } from '../../reference-model/recipe/recipe.js';
import { examplesOf, isCaptions, planBatches } from '../../reference-model/training/examples.js';
import { trainingSamples, withQuestionsAbout } from '../../reference-model/training/stage-data.js';
import type { PaperStage } from '../suite/paper-settings.js';

export interface StageTexts {
  /** Mean over examples; prompt, answer and what a template adds, without visual tokens. */
  readonly textTokens: number;
  readonly answerTokens: number;
  /** `data`: counted over a sample of the stage's own batches. */
  readonly tokensFrom: 'data' | 'suite';
  /** Examples of one epoch; null where nobody states them. */
  readonly examples: number | null;
  readonly examplesFrom: 'data' | 'card' | null;
}

/** Examples that are laid out to know a mean. */
const SAMPLED = 512;
/** Of the sample, and of the images that a smaller share draws. */
const SEED = 1;

export interface TextSources {
  readonly dataRoot?: string;
  readonly reader?: ModelReader;
}

/** @param data that stages without a data set of their own learn from */
export async function stageTexts(
  stage: PaperStage,
  data: string | undefined,
  { dataRoot, reader }: TextSources,
): Promise<StageTexts> {
  const assumed = { textTokens: stage.textTokensPerExample, answerTokens: stage.answerTokensPerExample } as const;
  const name = stage.data ?? data;
  const sources = Object.entries(stage.mixture ?? {}).flatMap(([source, weight]) =>
    weight !== undefined && weight > 0 ? [source as Source] : [],
  );
  const stated = name === undefined ? null : countOnCard(name, sources, stage);
  const fromCard = {
    ...assumed,
    tokensFrom: 'suite',
    examples: stated,
    examplesFrom: stated === null ? null : 'card',
  } as const;
  const all = name === undefined || dataRoot === undefined ? undefined : await trainingTexts(name, dataRoot);
  if (name === undefined || all === undefined || sources.length === 0) return fromCard;
  const drawnFrom = trainingSamples({ name, splits: { train: all } }, share(stage), SEED);
  const samples = withQuestionsAbout(drawnFrom, stage.questionTypes);
  const examples = sources.reduce((sum, source) => sum + examplesOf(samples, source).length, 0);
  if (examples === 0) return fromCard;
  const counted = { examples, examplesFrom: 'data' } as const;
  if (reader === undefined) return { ...assumed, tokensFrom: 'suite', ...counted };
  const drawn = planBatches(
    samples,
    { ...stage, attentionMask: 'causal' } as TextStage,
    Math.min(SAMPLED, examples),
    SEED,
  ).batch(0);
  const lengths = drawn.map((example) => exampleTokens(reader, example, example.id));
  const mean = (of: (tokens: (typeof lengths)[number]) => number) =>
    lengths.reduce((sum, tokens) => sum + of(tokens), 0) / lengths.length;
  return {
    textTokens: mean(({ before, prompt, answer }) => before.length + prompt.length + answer.length),
    answerTokens: mean(({ answer }) => answer.length),
    tokensFrom: 'data',
    ...counted,
  };
}

/** Undefined where the data set is not there, or not as it should be: what is wrong is told when it is to be trained on. */
async function trainingTexts(name: string, root: string): Promise<readonly IndexedSample[] | undefined> {
  const known = DATA_SET_NAMES.find((registered) => registered === name);
  if (known === undefined) return undefined;
  try {
    const source = await openSource(known, { root });
    const { samples } = source.splits.get('train') ?? { samples: [] };
    source.close();
    return samples;
  } catch (error) {
    if (error instanceof InputError || error instanceof DataError) return undefined;
    throw error;
  }
}

const share = ({ trainingShare }: PaperStage) => (trainingShare === undefined ? {} : { trainingShare });

/** Null where the card does not state it: of open questions, and of questions about some topics only. */
function countOnCard(
  name: string,
  sources: readonly Source[],
  { trainingShare = 1, questionTypes }: PaperStage,
): number | null {
  const known = DATA_SET_NAMES.find((registered) => registered === name);
  if (known === undefined) return null;
  const { captions, questions } = cardOf(known).splits.train ?? {};
  const counts = sources.map((source) => {
    if (isCaptions(source)) return captions;
    return source === 'questions' && questionTypes === undefined ? questions : undefined;
  });
  if (counts.length === 0 || counts.includes(undefined)) return null;
  // Shares are of images; texts are as many on average.
  return Math.max(1, Math.round(trainingShare * counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)));
}
