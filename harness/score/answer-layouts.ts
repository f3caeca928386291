/** How questions are scored: against one right answer, or against those of several people. */
export const ANSWER_LAYOUTS = ['pathvqa', 'vqav2', 'easy-vqa'] as const;
export type AnswerLayout = (typeof ANSWER_LAYOUTS)[number];
