/**
 * The layouts of references that are known, and the one place that tries them: the first that recognises a file's content reads it.
 * What is particular comes before what is general.
 */
import { InputError } from '../../files/input-error.js';
import { cocoCaptions } from '../coco/captions.js';
import { easyVqaQuestionList } from '../easy-vqa/question-list.js';
import { tokenCaptions } from '../flickr8k/token-captions.js';
import { kaggleCaptions } from '../flickr30k/kaggle-captions.js';
import { karpathyRecords, karpathySplit } from '../karpathy/captions.js';
import { llavaConversations } from '../llava/conversations.js';
import { lmmsCaptions, lmmsQuestions } from '../lmms-eval/samples.js';
import { pathVqaQuestions } from '../path-vqa/questions.js';
import { slakeQuestions } from '../slake/questions.js';
import { textVqaQuestions } from '../text-vqa/questions.js';
import { vizWizQuestions } from '../viz-wiz/questions.js';
import { vlmEvalCaptions, vlmEvalQuestions } from '../vlmevalkit/table.js';
import { vqaRadQuestions } from '../vqa-rad/questions.js';
import { vqaV2Annotations } from '../vqa-v2/annotations.js';
import type { CaptionLayout } from './caption-layout.js';
import { captionRecords } from './caption-records.js';
import { captionsByImage } from './captions-by-image.js';
import { type Content, unwrapped } from './content.js';
import { quoted } from './fields.js';
import type { QuestionLayout } from './question-layout.js';
import { questionRecords } from './question-records.js';

/** Lists that stand in an object of their own. */
const WRAPPERS = ['data', 'results', 'records', 'questions'];

const captionLayouts: readonly CaptionLayout[] = [
  cocoCaptions,
  karpathySplit,
  tokenCaptions,
  kaggleCaptions,
  lmmsCaptions,
  vlmEvalCaptions,
  karpathyRecords,
  captionRecords,
  captionsByImage,
];

const questionLayouts: readonly QuestionLayout[] = [
  vqaV2Annotations,
  textVqaQuestions,
  easyVqaQuestionList,
  llavaConversations,
  lmmsQuestions,
  vlmEvalQuestions,
  vqaRadQuestions,
  slakeQuestions,
  vizWizQuestions,
  pathVqaQuestions,
  questionRecords,
];

/** Layout of reference captions. @throws InputError for a content that no layout recognises */
export function captionLayoutOf(content: Content): { readonly layout: CaptionLayout; readonly content: Content } {
  return recognised(captionLayouts, content, 'references');
}

/** Layout of questions with answers. @throws InputError as `captionLayoutOf` */
export function questionLayoutOf(content: Content): { readonly layout: QuestionLayout; readonly content: Content } {
  return recognised(questionLayouts, content, 'questions with answers');
}

function recognised<Layout extends { readonly name: string; recognises(content: Content): boolean }>(
  layouts: readonly Layout[],
  content: Content,
  what: string,
): { readonly layout: Layout; readonly content: Content } {
  for (const tried of [content, unwrapped(content, WRAPPERS)]) {
    const layout = layouts.find((one) => one.recognises(tried));
    if (layout !== undefined) return { layout, content: tried };
  }
  throw unknownLayout(
    content,
    what,
    layouts.map(({ name }) => name),
  );
}

/** The error of a file that no reader knows; it quotes what the file holds. */
export function unknownLayout(content: Content, what: string, names: readonly string[]): InputError {
  const found = content.kind === 'document' ? `an object with ${quoted(content.value)}` : 'records';
  return new InputError({
    code: 'data-invalid',
    what: `the layout of the ${what} is not known: the file holds ${found}`,
    where: content.file,
    expected: names.join(', '),
    fix: 'write one record per image or question, for example {"image_id": 1, "caption": "…"}',
  });
}
