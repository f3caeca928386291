/** `vlm-bench score vqa` on the layouts of its data sets, with scores worked by hand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runScore, writeFiles } from './score-command.js';

const pathVqa = [
  'image,question,answer,split',
  '12.jpg,is the mass benign?,Yes,test',
  '12.jpg,"what is shown, exactly?","a ""large"" nodule",test',
  '13.jpg,where is it?,left lung,train',
].join('\n');

async function score(dataset: string, files: Record<string, unknown>, ...options: readonly string[]) {
  const paths = writeFiles(files);
  const [references, predictions] = Object.values(paths) as [string, string];
  const args = ['--dataset', dataset, '--references', references, '--predictions', predictions, '--json', ...options];
  const { stdout, error } = await runScore('vqa', ...args);
  return { document: stdout === '' ? undefined : JSON.parse(stdout), error, paths };
}

describe('score vqa', () => {
  it('PathVQA as CSV, by kind and question type, on one split', async () => {
    const predictions = '{"question_id": 0, "answer": "yes."}\n{"question_id": 1, "answer": "large nodule"}\n';
    const { document, error } = await score('pathvqa', { 'r.csv': pathVqa, 'p.jsonl': predictions }, '--split', 'test');
    expect(error).toBeUndefined();
    expect(document).toMatchObject({ images: 1, questions: 2 });
    expect(document.metrics).toMatchObject({
      'yes/no': { score: 1, questions: 1 },
      open: { score: 1, questions: 1 },
      overall: { score: 1, questions: 2 },
      'token-F1': { score: 1 },
      'token-recall-open': { score: 1, questions: 1 },
      'BLEU-1': { score: 1 },
      'question type: is': { score: 1, questions: 1 },
      'question type: what': { score: 1, questions: 1 },
    });
    expect(document.metrics.overall.ci95).toEqual([1, 1]);
    expect(document.metrics.overall.signature).toContain('split:test');
  });

  it('PathVQA as JSON with its own identifiers, answers as CSV', async () => {
    const references = [
      { question_id: 'a', image: '1', question: 'is it?', answer: 'no' },
      { question_id: 'b', image: '2', question: 'is it?', answer: 'yes' },
    ];
    const { document, paths } = await score(
      'pathvqa',
      { 'r.json': references, 'p.csv': 'question_id,prediction\nb,no\na,no\n', 'each.csv': '' },
      '--resamples',
      '0',
    );
    expect(document.metrics).toMatchObject({ 'yes/no': { score: 0.5, questions: 2 }, overall: { score: 0.5 } });
    expect(document.metrics.open).toBeUndefined();
    await runScore(
      'vqa',
      '--dataset',
      'pathvqa',
      '--references',
      paths['r.json']!,
      '--predictions',
      paths['p.csv']!,
      '--per-question',
      paths['each.csv']!,
    );
    expect(readFileSync(paths['each.csv']!, 'utf8')).toBe('question_id,score\na,1\nb,0\n');
  });

  it('easy-VQA: positions in the list stand for identifiers', async () => {
    const references = [
      ['what is the red shape?', 'triangle', 0],
      ['is a green shape present?', 'no', 0],
      ['what color is it?', 'teal', 1],
    ];
    const { document } = await score(
      'easy-vqa',
      { 'r.json': references, 'p.json': ['triangle', 'yes', 'teal'] },
      '--resamples',
      '0',
    );
    expect(document).toMatchObject({ images: 2, questions: 3 });
    expect(document.metrics.open.score).toBe(1);
    expect(document.metrics['yes/no'].score).toBe(0);
    expect(document.metrics.overall.score).toBeCloseTo(2 / 3, 12);
  });

  it('VQA v2: consensus of ten annotators, signed as official', async () => {
    const answers = (words: readonly string[]) => words.map((answer, index) => ({ answer, answer_id: index + 1 }));
    const annotations = [
      {
        question_id: 1,
        image_id: 9,
        question_type: 'what color',
        answer_type: 'other',
        answers: answers([...Array(2).fill('red'), ...Array(8).fill('blue')]),
      },
      {
        question_id: 2,
        image_id: 9,
        question_type: 'is',
        answer_type: 'yes/no',
        answers: answers(Array(10).fill('yes')),
      },
    ];
    const predictions = [
      { question_id: 1, answer: 'Red' },
      { question_id: 2, answer: 'yes' },
    ];
    const { document } = await score('vqav2', { 'a.json': { annotations }, 'p.json': predictions });
    // Two of ten: eight leave-outs see 2/3, two see 1/3.
    expect(document.metrics.overall.score).toBeCloseTo(((8 * 2) / 3 + 2 / 3) / 10 / 2 + 1 / 2, 12);
    expect(document.metrics['answer type: yes/no'].score).toBe(1);
    expect(document.metrics['question type: what color'].questions).toBe(1);
    expect(document.metrics.overall.signature).toContain('match:consensus|normalise:official');
  });

  it.each([
    [
      'a missing answer',
      { 'r.csv': pathVqa, 'p.json': [{ question_id: 0, answer: 'yes' }] },
      '2 questions have no prediction: 1, 2',
    ],
    [
      'a surplus answer',
      { 'r.csv': pathVqa, 'p.json': ['a', 'b', 'c', 'd'] },
      '1 prediction is for questions that the references lack: 3',
    ],
    [
      'two answers to a question',
      {
        'r.csv': pathVqa,
        'p.json': [
          { question_id: 0, answer: 'a' },
          { question_id: 0, answer: 'b' },
        ],
      },
      'question 0 is answered twice',
    ],
    [
      'an answer that is no text',
      { 'r.csv': pathVqa, 'p.json': [{ question_id: 0, answer: true }] },
      'answer is a boolean, not text',
    ],
  ])('%s', async (_, files, what) => {
    expect((await score('pathvqa', files)).error!.split('\n')[0]).toBe(`error: ${what}`);
  });

  it('refuses --split where a file holds one split', async () => {
    const { error } = await score('easy-vqa', { 'r.json': [], 'p.json': [] }, '--split', 'test');
    expect(error).toContain('error: the files of easy-vqa hold one split each');
  });
});
