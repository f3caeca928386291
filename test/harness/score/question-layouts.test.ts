/** Questions and answers in every layout that people have come to scores that are counted by hand. */
import { describe, expect, it } from 'vitest';
import { jsonLines } from './golden-captions.js';
import { runScore, writeFiles } from './score-command.js';

interface Asked {
  readonly image: string;
  readonly question: string;
  readonly answer: string;
  readonly type: 'OPEN' | 'CLOSED';
  /** The model's answer. */
  readonly given: string;
}

/** One of three closed questions right, one of two open ones. */
const asked: readonly Asked[] = [
  { image: 'a.jpg', question: 'Is it a fracture?', answer: 'yes', type: 'CLOSED', given: 'yes' },
  { image: 'a.jpg', question: 'Which side, left or right?', answer: 'left', type: 'CLOSED', given: 'right' },
  { image: 'b.jpg', question: 'Is it normal?', answer: 'no', type: 'CLOSED', given: 'It is abnormal.' },
  { image: 'b.jpg', question: 'What organ is it?', answer: 'liver', type: 'OPEN', given: 'Liver.' },
  { image: 'c.jpg', question: 'How many?', answer: '2', type: 'OPEN', given: 'three' },
];
const byType = { closed: [1, 3], 'yes/no': [1, 2], open: [1, 2], overall: [2, 5] } as const;
/** Without stated types an answer of yes or no decides. */
const byAnswer = { 'yes/no': [1, 2], open: [1, 3], overall: [2, 5] } as const;

const answers = asked.map(({ given }, question_id) => ({ question_id, answer: given }));
const plain = asked.map(({ type: _, given: __, ...record }) => record);

async function score(dataset: string, references: unknown, predictions: unknown, ...options: readonly string[]) {
  const paths = writeFiles({ r: references, p: predictions });
  const args = [
    '--dataset',
    dataset,
    '--references',
    paths.r!,
    '--predictions',
    paths.p!,
    '--json',
    '--resamples',
    '0',
  ];
  const { stdout, stderr, error } = await runScore('vqa', ...args, ...options);
  return { document: stdout === '' ? undefined : JSON.parse(stdout), stderr, error };
}

function expectCounts(
  { document, error }: Awaited<ReturnType<typeof score>>,
  counts: Readonly<Record<string, readonly [right: number, questions: number]>>,
): void {
  expect(error).toBeUndefined();
  const found = Object.fromEntries(
    ['closed', 'yes/no', 'open', 'overall'].flatMap((name) => {
      const metric = document.metrics[name];
      return metric === undefined
        ? []
        : [[name, [Math.round(metric.score * metric.questions * 1e9) / 1e9, metric.questions]]];
    }),
  );
  expect(found).toEqual(counts);
}

describe('questions with one right answer', () => {
  const stated: Readonly<Record<string, readonly [unknown, string]>> = {
    'VQA-RAD, with numbers among the answers and blanks after the type': [
      asked.map(({ image, question, answer, type }, qid) => ({
        qid,
        image_name: image,
        question,
        answer: answer === '2' ? 2 : answer,
        answer_type: type === 'OPEN' ? 'OPEN ' : type,
        question_type: 'PRES',
        phrase_type: 'freeform',
      })),
      'VQA-RAD',
    ],
    SLAKE: [
      asked.map(({ image, question, answer, type }, qid) => ({
        img_id: 1,
        img_name: image,
        question,
        answer,
        q_lang: 'en',
        answer_type: type,
        qid,
      })),
      'SLAKE',
    ],
    'conversations of LLaVA-Med': [
      asked.map(({ image, question, answer, type }, id) => ({
        id,
        image,
        conversations: [
          { from: 'human', value: `${question}\n<image>` },
          { from: 'gpt', value: answer },
        ],
        answer_type: type,
      })),
      'LLaVA conversations',
    ],
    'plain records with a type': [
      plain.map((record, index) => ({ ...record, answer_type: asked[index]!.type.toLowerCase() })),
      'records of questions',
    ],
  };

  it.each(Object.entries(stated))('%s', async (_, [references, layout]) => {
    const result = await score('pathvqa', references, answers);
    expectCounts(result, byType);
    expect(result.stderr).toContain(`is read as ${layout}`);
  });

  const unstated: Readonly<Record<string, unknown>> = {
    'PathVQA without images': plain.map(({ question, answer }) => ({ question, answer })),
    'PathVQA with images as objects': plain.map(({ image, ...rest }) => ({
      image: { bytes: null, path: image },
      ...rest,
    })),
    'PathVQA with images as bytes': plain.map(({ image, ...rest }) => ({
      image: { bytes: [...Buffer.from(image)], path: null },
      ...rest,
    })),
    'a list under data': { data: plain },
    'JSON Lines': jsonLines(plain),
  };

  it.each(Object.entries(unstated))('%s', async (name, references) => {
    const result = await score('pathvqa', references, answers);
    expectCounts(result, byAnswer);
    const isKnown = name !== 'PathVQA without images';
    expect(result.document.images).toBe(isKnown ? 3 : 0);
    expect(result.document.metrics.overall.signature).toContain(isKnown ? '|images:3|' : '|images:unknown|');
    expect(result.stderr.includes('5 questions of 5 name no image')).toBe(!isKnown);
  });

  it('in one file with the predictions', async () => {
    const samples = asked.map(({ question, answer, given }, doc_id) => ({
      doc_id,
      target: answer,
      filtered_resps: [given],
      doc: { question },
    }));
    expectCounts(await score('pathvqa', jsonLines(samples), jsonLines(samples)), byAnswer);
    const table = asked.map(({ question, answer, given }, index) => ({ index, question, answer, prediction: given }));
    expectCounts(await score('pathvqa', table, table), byAnswer);
  });

  it('are refused where several people answered', async () => {
    const { error } = await score('pathvqa', [{ image: '1', question: 'q?', answers: ['a', 'b'] }], ['a']);
    expect(error).toContain('error: question 0 has 2 answers');
    expect(error).toContain('--dataset vqav2');
  });
});

describe('predicted answers', () => {
  const layouts: Readonly<Record<string, unknown>> = {
    'answers.jsonl of LLaVA': jsonLines(
      asked.map(({ question, given }, question_id) => ({
        question_id,
        prompt: question,
        text: given,
        answer_id: 'x',
        model_id: 'm',
        metadata: {},
      })),
    ),
    'a list of texts': asked.map(({ given }) => given),
    'an object by question': Object.fromEntries(answers.map(({ question_id, answer }) => [question_id, answer])),
    'a list under results': { results: answers },
    'numbers as answers': answers.map((record, index) => (index === 4 ? { ...record, answer: 3 } : record)),
    CSV: `question_id,prediction\n${answers.map(({ question_id, answer }) => `${question_id},"${answer}"\n`).join('')}`,
  };

  it.each(Object.entries(layouts))('%s', async (_, predictions) => {
    const references = plain.map((record, question_id) => ({ question_id, ...record }));
    expectCounts(await score('pathvqa', references, predictions), byAnswer);
  });

  it('to questions of one identifier are told apart by the prompt', async () => {
    const references = asked.map(({ image, question, answer }) => ({ question_id: image, image, question, answer }));
    const shuffled = [...asked].reverse();
    const prompted = shuffled.map(({ image, question, given }) => ({
      question_id: image,
      prompt: `<image>\n${question}  Answer in one word.`,
      text: given,
      answer_id: 'x',
    }));
    expectCounts(await score('pathvqa', references, jsonLines(prompted)), byAnswer);
    const silent = prompted.map(({ prompt: _, ...record }) => record);
    const { error } = await score('pathvqa', references, jsonLines(silent));
    expect(error).toContain('several questions are called b.jpg, and the prediction does not say which it answers');
    const { error: twice } = await score('pathvqa', references, jsonLines([...prompted, prompted[0]]));
    expect(twice).toContain('question c.jpg is answered twice');
  });

  it('that match no question are shown beside the questions without one', async () => {
    const references = plain.map((record, index) => ({ question_id: `q${index}`, ...record }));
    const { error } = await score('pathvqa', references, answers);
    expect(error).toMatch(
      /^error: 5 questions have no prediction \(q0, q1, q2 …\), and 5 predictions are for no question of the references \(0, 1, 2 …\)\n/,
    );
    expect(error).toContain('questions are named by question_id');
  });
});

describe('questions that ten people answered', () => {
  // Two of ten said red: eight leave-outs see 2/3, two see 1/3. All ten said yes.
  const people = [[...Array(2).fill('red'), ...Array(8).fill('blue')], Array(10).fill('yes')] as const;
  const expected = ((8 * 2) / 3 + 2 / 3) / 10 / 2 + 1 / 2;
  const given = ['Red', 'yes'];
  const layouts: Readonly<Record<string, readonly [unknown, unknown]>> = {
    TextVQA: [
      {
        dataset_name: 'textvqa',
        data: people.map((list, index) => ({
          question_id: 34602 + index,
          image_id: 'x',
          question: 'q?',
          answers: list,
        })),
      },
      given.map((answer, index) => ({ question_id: 34602 + index, answer })),
    ],
    VizWiz: [
      people.map((list, index) => ({
        image: `VizWiz_val_${index}.jpg`,
        question: 'q?',
        answers: list.map((answer) => ({ answer, answer_confidence: 'yes' })),
      })),
      given.map((answer, index) => ({ image: `VizWiz_val_${index}.jpg`, answer })),
    ],
    'samples of lmms-eval': [
      jsonLines(people.map((target, doc_id) => ({ doc_id, target, filtered_resps: [given[doc_id]] }))),
      jsonLines(given.map((answer, doc_id) => ({ doc_id, filtered_resps: [answer] }))),
    ],
  };

  it.each(Object.entries(layouts))('%s', async (_, [references, predictions]) => {
    const { document, error } = await score('vqav2', references, predictions);
    expect(error).toBeUndefined();
    expect(document.metrics.overall.score).toBeCloseTo(expected, 12);
  });

  it('are matched exactly or not at all', async () => {
    const [references, predictions] = layouts.TextVQA!;
    const { error } = await score('vqav2', references, predictions, '--answer-match', 'contains-word');
    expect(error).toContain('error: answers of several people are not matched by contains-word');
  });
});

describe('--answer-match', () => {
  const sentences = [
    { question_id: 0, answer: 'Yes, there is one.' },
    { question_id: 1, answer: 'I see the left side' },
    { question_id: 2, answer: 'It is abnormal' },
    { question_id: 3, answer: 'liver' },
    { question_id: 4, answer: 'There are two' },
  ];

  it.each([
    ['exact', 1],
    ['leading-word', 2],
    ['contains-word', 4],
  ] as const)('%s finds %i of 5', async (match, right) => {
    const { document } = await score('pathvqa', plain, sentences, '--answer-match', match);
    expect(document.metrics.overall.score).toBeCloseTo(right / 5, 12);
    expect(document.metrics.overall.signature).toContain(`|match:${match}|`);
  });

  it('is exact where nothing is asked for', async () => {
    const [asIs, exact] = [
      await score('pathvqa', plain, sentences),
      await score('pathvqa', plain, sentences, '--answer-match', 'exact'),
    ];
    expect(asIs.document).toEqual(exact.document);
  });
});
