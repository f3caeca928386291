import { describe, expect, test } from 'vitest';
import type { Question } from '../../../reference-model/data/dataset.js';
import { generateTinyScenes } from '../../../reference-model/data/tiny-scenes/generate.js';
import type { Scene, SceneObject } from '../../../reference-model/data/tiny-scenes/scene.js';

const { train, test: heldOut } = generateTinyScenes();
const samples = [...train, ...heldOut];

// A solver that reads only the question's text and the list of objects.
const row = ({ place }: SceneObject) => (place.startsWith('top') ? 0 : 1);
const column = ({ place }: SceneObject) => (place.endsWith('left') ? 0 : 1);
const RELATED: Readonly<Record<string, (a: SceneObject, b: SceneObject) => boolean>> = {
  above: (a, b) => row(a) - row(b) === -1,
  below: (a, b) => row(a) - row(b) === 1,
  'left of': (a, b) => column(a) - column(b) === -1,
  'right of': (a, b) => column(a) - column(b) === 1,
};

function fitting(phrase: string, objects: readonly SceneObject[]): readonly SceneObject[] {
  const words = phrase.split(' ').filter((word) => word !== 'shape');
  return objects.filter((object) =>
    words.every((word) => [object.size, object.color, object.shape].includes(word as never)),
  );
}

function only<T>(items: readonly T[], question: string): T {
  if (items.length !== 1) throw new Error(`"${question}" fits ${items.length} objects`);
  return items[0]!;
}

function solve(question: string, { objects }: Scene): string {
  const parts = (pattern: RegExp): readonly string[] | null => pattern.exec(question)?.slice(1) ?? null;
  const the = (phrase: string) => only(fitting(phrase, objects), question);
  let found = parts(/^(?:is there|does the image contain|is) an? (.+?)(?: in the image| present)?\?$/);
  if (found) return fitting(found[0]!, objects).length > 0 ? 'yes' : 'no';
  found = parts(/^is the (.+) in the (.+)\?$/);
  if (found) return the(found[0]!).place === found[1] ? 'yes' : 'no';
  found = parts(/^is the (.+) (above|below|left of|right of) the (.+)\?$/);
  if (found) return RELATED[found[1]!]!(the(found[0]!), the(found[2]!)) ? 'yes' : 'no';
  found = parts(/^what (?:color is|is the color of) the (.+)\?$/);
  if (found) return the(found[0]!).color;
  found = parts(/^what shape is in the (.+)\?$/);
  if (found)
    return only(
      objects.filter(({ place }) => place === found![0]),
      question,
    ).shape;
  found = parts(/^what shape is (\w+)\?$/) ?? parts(/^what is the (\w+) shape\?$/);
  if (found) return the(found[0]!).shape;
  found = parts(/^(?:what size|how big) is the (.+)\?$/);
  if (found) return the(found[0]!).size;
  if (/^how many shapes are (there|in the image)\?$/.test(question)) return `${objects.length}`;
  found = parts(/^what is in the (.+)\?$/);
  if (found) {
    const { color, shape } = only(
      objects.filter(({ place }) => place === found![0]),
      question,
    );
    return `${color} ${shape}`;
  }
  found = parts(/^what is (above|below|left of|right of) the (.+)\?$/);
  if (found) {
    const { color, shape } = only(
      objects.filter((object) => RELATED[found![0]!]!(object, the(found![1]!))),
      question,
    );
    return `${color} ${shape}`;
  }
  throw new Error(`unread question: ${question}`);
}

const questionsOf = (split: typeof train): readonly Question[] => split.flatMap(({ questions }) => questions);
const rateOf = <T>(items: readonly T[], accept: (item: T) => boolean) => items.filter(accept).length / items.length;

/** Share of questions that one gets right by the commonest training answer to the same wording, without any image. */
function blindAccuracy(learned: readonly Question[], asked: readonly Question[]): number {
  const counts = new Map<string, Map<string, number>>();
  for (const { question, answer } of learned) {
    const answers = counts.get(question) ?? new Map<string, number>();
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    counts.set(question, answers);
  }
  const commonest = (question: string) =>
    [...(counts.get(question) ?? new Map([['no', 1]]))].sort((a, b) => b[1] - a[1])[0]![0];
  return rateOf(asked, ({ question, answer }) => commonest(question) === answer);
}

describe('questions', () => {
  test('an independent reader of the scene gives every answer', () => {
    for (const { questions, scene } of samples) {
      for (const { question, answer } of questions)
        expect([question, solve(question, scene)]).toEqual([question, answer]);
    }
  });

  test('there are seven different ones per image, two of them yes and two no', () => {
    for (const { questions } of samples) {
      expect(new Set(questions.map(({ question }) => question)).size).toBe(7);
      expect(questions.filter(({ answer }) => answer === 'yes')).toHaveLength(2);
      expect(questions.filter(({ answer }) => answer === 'no')).toHaveLength(2);
      for (const { kind, answer } of questions) expect(kind === 'yes/no').toBe(answer === 'yes' || answer === 'no');
    }
  });

  test('say what they ask about', () => {
    const patterns: Readonly<Record<string, RegExp>> = {
      existence: /^(is there|does the image contain) |^is an? .* present\?$/,
      relation: / (above|below|left of|right of) the /,
      place: /^is the .* in the (top|bottom) (left|right)\?$/,
      color: /^what (color is|is the color of) /,
      shape: /^what shape is |^what is the \w+ shape\?$/,
      size: /^(what size|how big) is /,
      count: /^how many shapes /,
      object: /^what is (in|above|below|left of|right of) the /,
    };
    for (const { question, questionType } of questionsOf(train)) expect(question).toMatch(patterns[questionType!]!);
  });

  test('the wording alone does not tell yes from no', () => {
    const closed = (split: typeof train) => questionsOf(split).filter(({ kind }) => kind === 'yes/no');
    const accuracy = blindAccuracy(closed(train), closed(heldOut));
    expect(accuracy).toBeGreaterThan(0.45);
    expect(accuracy).toBeLessThan(0.55);
  });

  test('no open answer is common enough to be a good guess', () => {
    const open = questionsOf(train).filter(({ kind }) => kind === 'open');
    const answers = new Set(open.map(({ answer }) => answer));
    for (const answer of answers) expect(rateOf(open, (question) => question.answer === answer)).toBeLessThan(0.2);
  });

  test('most questions answered no are about something close to what is there', () => {
    const negative = samples.flatMap(({ questions, scene }) =>
      questions.flatMap(({ question, answer }) => {
        const match = answer === 'no' ? /(\w+) (\w+)(?: in the image| present)?\?$/.exec(question) : null;
        const [, color, shape] = match ?? [];
        if (!/^(is there|does|is an?) /.test(question) || color === undefined || shape === 'shape') return [];
        if (!/red|green|blue|yellow|purple|orange|white|black/.test(color)) return [];
        return [scene.objects.some((object) => object.color === color || object.shape === shape)];
      }),
    );
    expect(negative.length).toBeGreaterThan(1000);
    expect(rateOf(negative, (isNear) => isNear)).toBeGreaterThan(0.8);
  });
});
