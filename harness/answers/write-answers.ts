/** The answers as other tools read them: JSON Lines of everything, and COCO results where they are captions. */
import { rmSync } from 'node:fs';
import { writePiecesAtomically } from '../../reference-model/files/atomic-file.js';
import type { evaluationPaths } from '../records/evaluation-record.js';
import type { Settled } from './settled-answers.js';

/**
 * @param scored whether there are scores; of an incomplete evaluation no file is left that another tool could take for a complete one
 */
export async function writeAnswers(
  { answers, cocoResults, scores }: ReturnType<typeof evaluationPaths>,
  settled: readonly Settled[],
  task: 'captions' | 'questions',
  scored: string | undefined,
): Promise<void> {
  writePiecesAtomically(answers, lines(settled, task));
  for (const file of scored === undefined ? [cocoResults, scores] : []) rmSync(file, { force: true });
  if (scored !== undefined && task === 'captions') writePiecesAtomically(cocoResults, results(settled));
}

/** With the fields that `score` and other tools know answers and captions by. */
function* lines(settled: readonly Settled[], task: 'captions' | 'questions'): Generator<string> {
  for (const { item, outcome, text } of settled) {
    const prompt = item.messages.map((message) => message.text).join('\n');
    const named = task === 'captions' ? { image_id: item.imageId } : { question_id: item.id, image_id: item.imageId };
    const said =
      text === undefined ? {} : task === 'captions' ? { caption: text } : { text, question: item.question?.question };
    yield `${JSON.stringify({ ...named, prompt, ...said, outcome })}\n`;
  }
}

function* results(settled: readonly Settled[]): Generator<string> {
  let isFirst = true;
  for (const { item, text } of settled) {
    if (text === undefined) continue;
    // COCO's own identifiers are numbers.
    const image_id = /^(?:0|[1-9]\d{0,14})$/.test(item.imageId) ? Number(item.imageId) : item.imageId;
    yield `${isFirst ? '[' : ','}\n${JSON.stringify({ image_id, caption: text })}`;
    isFirst = false;
  }
  yield isFirst ? '[]\n' : '\n]\n';
}
