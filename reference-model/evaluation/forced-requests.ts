/** Which references an evaluation gives to the model token by token, known without a model. */
import type { AnswerKind, DataSet, DescribedImage } from '../data/dataset.js';
import { isTextStage, lastTrainedStage, type Recipe, type RunConfig, type TextStage } from '../recipe/recipe.js';
import { CAPTION_PROMPT, type Example } from '../training/examples.js';
import { imageGroups } from '../training/image-groups.js';

export type ForcedSource = 'ai-captions' | 'questions';

/** What is asked, with the reference that is forced. */
export interface ForcedRequest {
  readonly source: ForcedSource;
  readonly imageId: string;
  readonly prompt: string;
  readonly expected: string;
  /** Of a question. */
  readonly questionId?: string;
  readonly kind?: AnswerKind;
  readonly questionType?: string;
}

/** A request as the example that the model is scored on. */
export interface ForcedExample {
  readonly request: ForcedRequest;
  readonly example: Example<DescribedImage>;
}

/** Detailed captions of the first images and answers to the first questions of the evaluation split, as many as the configuration forces. */
function forcedExamples({ evaluation }: Pick<RunConfig, 'evaluation'>, { splits }: DataSet): readonly ForcedExample[] {
  const { split, teacherForced: { captions = 0, questions = 0 } = {} } = evaluation;
  const samples = splits[split];
  const prompt = CAPTION_PROMPT['ai-captions'];
  const ofCaptions = samples.slice(0, captions).flatMap((sample) =>
    sample.aiCaptions.map((expected, index): ForcedExample => {
      const { imageId } = sample;
      const request = { source: 'ai-captions', imageId, prompt, expected } as const;
      const id = `ai-captions/${imageId}/${index}`;
      return { request, example: { id, source: 'ai-captions', sample, prompt, answer: expected } };
    }),
  );
  const ofQuestions = samples
    .flatMap((sample) => sample.questions.map((question) => ({ sample, ...question })))
    .slice(0, questions)
    .map(({ sample, questionId, question, answer, kind, questionType }): ForcedExample => {
      const topic = questionType === undefined ? {} : { questionType };
      const { imageId } = sample;
      const request = { source: 'questions', imageId, prompt: question, expected: answer, questionId, kind } as const;
      const example = { id: `questions/${questionId}`, source: 'questions', sample, prompt: question, answer } as const;
      return { request: { ...request, ...topic }, example };
    });
  return [...ofCaptions, ...ofQuestions];
}

/** Questions of a sequence: as many as images of these data sets have, while attention is computed over all pairs. */
const QUESTIONS_PER_SEQUENCE = 8;

/**
 * The same by sequence: questions about one image share it, unless the image is to see the question under the mask of the last stage.
 */
export function forcedGroups(
  config: Pick<RunConfig, 'evaluation' | 'recipe'>,
  data: DataSet,
): readonly (readonly ForcedExample[])[] {
  const forced = forcedExamples(config, data);
  if (forced.length === 0) return [];
  const { attentionMask } = askedStage(config.recipe);
  const most = attentionMask === 'prefix-bidirectional' ? 1 : QUESTIONS_PER_SEQUENCE;
  let next = 0;
  return imageGroups(
    forced.map(({ example }) => example),
    { questionsPerImage: most },
  ).map((group) => group.map(() => forced[next++]!));
}

/** The same without the samples. */
export function forcedRequests({ evaluation }: Pick<RunConfig, 'evaluation'>, data: DataSet): readonly ForcedRequest[] {
  return forcedExamples({ evaluation }, data).map(({ request }) => request);
}

/**
 * The stage that decides how a model is asked: the last that learned texts, or that would have.
 * @throws RangeError for a recipe without any
 */
export function askedStage({ stages }: Pick<Recipe, 'stages'>): TextStage {
  const stage = lastTrainedStage(stages) ?? stages.findLast(isTextStage);
  if (stage === undefined)
    throw new RangeError('No stage of the recipe learns texts, so the model cannot be asked anything.');
  return stage;
}
