import { beforeAll, describe, expect, test } from 'vitest';
import type { Question, SplitName } from '../../../reference-model/data/dataset.js';
import { fingerprintOf } from '../../../reference-model/data/fingerprint.js';
import { cardOf } from '../../../reference-model/data/registry.js';
import type { TissueSample } from '../../../reference-model/data/tiny-pathology/generate.js';
import { generateTinyPathology } from '../../../reference-model/data/tiny-pathology/generate.js';
import { contentKey, type Tissue } from '../../../reference-model/data/tiny-pathology/tissue.js';

let splits: Readonly<Record<SplitName, readonly TissueSample[]>>;
beforeAll(() => {
  splits = generateTinyPathology();
});

describe('the data set', () => {
  test('has the golden fingerprint', () => {
    // After a wanted change of the generator, copy the value that this test prints into catalog.ts.
    expect(fingerprintOf(splits)).toBe(cardOf('tiny-pathology').fingerprint);
  });

  test('depends on the seed alone, and is a prefix of a larger one of the same seed', () => {
    const sizes = { train: 12, validation: 3, test: 3 };
    const small = generateTinyPathology({ sizes });
    for (const split of ['train', 'validation', 'test'] as const) {
      expect(small[split]).toEqual(splits[split].slice(0, small[split].length));
    }
    expect(fingerprintOf(generateTinyPathology({ seed: 2, sizes }))).not.toBe(fingerprintOf(small));
  });

  test('shows no content of one split in another, and none twice in a held-out split', () => {
    const contents = (split: SplitName) => new Set(splits[split].map(({ tissue }) => contentKey(tissue)));
    const [train, validation, held] = [contents('train'), contents('validation'), contents('test')];
    expect([...validation].filter((key) => train.has(key))).toEqual([]);
    expect([...held].filter((key) => train.has(key) || validation.has(key))).toEqual([]);
    expect(validation.size).toBe(splits.validation.length);
    expect(held.size).toBe(splits.test.length);
  });

  test('names every image and question once, and has no captions', () => {
    const samples = Object.values(splits).flat();
    const questionIds = samples.flatMap(({ questions }) => questions.map(({ questionId }) => questionId));
    expect(new Set(samples.map(({ imageId }) => imageId)).size).toBe(samples.length);
    expect(new Set(questionIds).size).toBe(questionIds.length);
    for (const { humanCaptions, aiCaptions } of samples) expect([...humanCaptions, ...aiCaptions]).toEqual([]);
  });

  test('refuses a split that is larger than its contents', () => {
    expect(() => generateTinyPathology({ sizes: { train: 1, validation: 1, test: 1501 } })).toThrow(
      'tiny-pathology: the test split needs 0 to 1500 images, got 1501.',
    );
  });
});

// A solver that reads only the question's text and the description of the tissue.
const COLORS: Readonly<Record<string, string>> = {
  eosin: 'pink',
  hematoxylin: 'purple',
  dab: 'brown',
  trichrome: 'blue',
  silver: 'gray',
};

function solve(question: string, tissue: Tissue): string {
  const placeOf = (structure: string) => tissue.structures.find((placed) => placed.structure === structure)?.place;
  const at = (place: string) => tissue.structures.find((placed) => placed.place === place)?.structure ?? 'nuclei';
  const isTrue = (statement: boolean) => (statement ? 'yes' : 'no');
  const rules: readonly (readonly [RegExp, (word: string, place: string) => string])[] = [
    [/^where is the (\w+)(?: located)?\?$/, (structure) => placeOf(structure)!],
    [/^is the (\w+)(?: located)? in the (\w+ \w+)\?$/, (structure, place) => isTrue(placeOf(structure) === place)],
    [/^what (?:is seen in|does) the (\w+ \w+)(?: show)?\?$/, at],
    [/^(?:what stain was used|which stain is this)\?$/, () => tissue.stain],
    [/^what (?:color is the tissue|is the color of the stain)\?$/, () => COLORS[tissue.stain]!],
    [/^is this an? (\w+) stain\?$/, (stain) => isTrue(stain === tissue.stain)],
    [/^was the tissue stained with (\w+)\?$/, (stain) => isTrue(stain === tissue.stain)],
    [/^what is the shape of the nuclei\?$/, () => tissue.nuclearShape],
    [/^what do the nuclei look like\?$/, () => tissue.nuclearShape],
    [/^(?:what is the size of|how big are) the nuclei\?$/, () => tissue.nuclearSize],
    [/^(?:what|how high) is the cellularity\?$/, () => tissue.cellularity],
    [/^is the cellularity (\w+)\?$/, (level) => isTrue(level === tissue.cellularity)],
    [/^does this tissue have (\w+) cellularity\?$/, (level) => isTrue(level === tissue.cellularity)],
    [/^does this tissue have (small|large) nuclei\?$/, (size) => isTrue(size === tissue.nuclearSize)],
    [/^are the nuclei (small|large)\?$/, (size) => isTrue(size === tissue.nuclearSize)],
    [/^(?:are the nuclei|do the nuclei look) (\w+)\?$/, (shape) => isTrue(shape === tissue.nuclearShape)],
    [/^is there (?:a )?(\w+) in this image\?$/, (structure) => isTrue(placeOf(structure) !== undefined)],
    [/^does this tissue show (?:a )?(\w+)\?$/, (structure) => isTrue(placeOf(structure) !== undefined)],
    [/^is (?:a )?(\w+) (?:present|seen here)\?$/, (structure) => isTrue(placeOf(structure) !== undefined)],
  ];
  for (const [pattern, answer] of rules) {
    const match = pattern.exec(question);
    if (match !== null) return answer(match[1] ?? '', match[2] ?? '');
  }
  throw new Error(`unread question: ${question}`);
}

const questionsOf = (split: SplitName): readonly Question[] => splits[split].flatMap(({ questions }) => questions);
const kindAndType = ({ kind, questionType }: Question) => `${kind} ${questionType}`;

/** Share of each kind and type that one gets right by the commonest training answer to the same wording, without any image. */
function blindAccuracies(learned: readonly Question[], asked: readonly Question[]): ReadonlyMap<string, number> {
  const counts = new Map<string, Map<string, number>>();
  for (const { question, answer } of learned) {
    const answers = counts.get(question) ?? new Map<string, number>();
    counts.set(question, answers.set(answer, (answers.get(answer) ?? 0) + 1));
  }
  const commonest = (question: string) => [...counts.get(question)!].sort((a, b) => b[1] - a[1])[0]![0];
  const accuracies = new Map<string, number>();
  for (const group of new Set(asked.map(kindAndType))) {
    const members = asked.filter((question) => kindAndType(question) === group);
    accuracies.set(
      group,
      members.filter(({ question, answer }) => commonest(question) === answer).length / members.length,
    );
  }
  return accuracies;
}

describe('questions', () => {
  test('an independent reader of the tissue gives every answer', () => {
    for (const { questions, tissue } of Object.values(splits).flat()) {
      for (const { question, answer } of questions) {
        expect([question, solve(question, tissue)]).toEqual([question, answer]);
      }
    }
  });

  test('there are eight different ones per image: two yes, two no and four open ones', () => {
    for (const { questions } of Object.values(splits).flat()) {
      expect(new Set(questions.map(({ question }) => question)).size).toBe(8);
      expect(questions.filter(({ answer }) => answer === 'yes')).toHaveLength(2);
      expect(questions.filter(({ answer }) => answer === 'no')).toHaveLength(2);
      expect(new Set(questions.map(kindAndType)).size).toBe(7); // presence is asked twice
      for (const { kind, answer } of questions) expect(kind === 'yes/no').toBe(answer === 'yes' || answer === 'no');
    }
  });

  test('their wording tells no more than chance, in no topic', () => {
    const chances: Readonly<Record<string, number>> = {
      'open stain': 1 / 5,
      'open color': 1 / 5,
      'open shape': 1 / 3,
      'open size': 1 / 2,
      'open cellularity': 1 / 3,
      'open location': 1 / 4,
      'open structure': 1 / 5,
      ...Object.fromEntries(
        ['presence', 'location', 'stain', 'shape', 'size', 'cellularity'].map((topic) => [`yes/no ${topic}`, 1 / 2]),
      ),
    };
    const accuracies = blindAccuracies(questionsOf('train'), questionsOf('test'));
    expect([...accuracies.keys()].sort()).toEqual(Object.keys(chances).sort());
    // 4 standard errors at the smallest number of test questions per topic, about 160.
    for (const [group, accuracy] of accuracies) {
      const chance = chances[group]!;
      expect([group, Math.abs(accuracy - chance) < 4 * Math.sqrt((chance * (1 - chance)) / 160)]).toEqual([
        group,
        true,
      ]);
    }
  });

  test('each wording is answered yes as often as no', () => {
    for (const topic of ['presence', 'location', 'stain', 'shape', 'size', 'cellularity']) {
      const asked = questionsOf('train').filter(
        ({ kind, questionType }) => kind === 'yes/no' && questionType === topic,
      );
      const yes = asked.filter(({ answer }) => answer === 'yes').length / asked.length;
      expect(Math.abs(yes - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / asked.length));
    }
  });

  test('no answer of a topic is much commoner than the others', () => {
    const open = questionsOf('train').filter(({ kind }) => kind === 'open');
    for (const group of new Set(open.map(kindAndType))) {
      const answers = open.filter((question) => kindAndType(question) === group).map(({ answer }) => answer);
      const values = [...new Set(answers)];
      const shares = values.map((value) => answers.filter((answer) => answer === value).length / answers.length);
      expect(Math.max(...shares)).toBeLessThan(1.2 / values.length);
    }
  });
});
