/** How many references a smoke run gives to the model: what its overlay says, and no more than the real run. */
import { expect, test } from 'vitest';
import { settingsOf } from '../../../harness/suite/settings.js';
import { suiteOf } from '../report/fabricated-records.js';

type Given = { readonly captions?: number; readonly questions?: number };

function smokeOf(real: Given | undefined, overlay: Given | undefined): Given | undefined {
  const suite = suiteOf({});
  const { embedded } = suite.scales;
  const evaluation = { ...embedded.evaluation, ...(real === undefined ? {} : { teacherForced: real }) };
  const smoke = { ...suite.smoke, overlay: overlay === undefined ? {} : { evaluation: { teacherForced: overlay } } };
  const given = { ...suite, smoke, scales: { ...suite.scales, embedded: { ...embedded, evaluation } } };
  return settingsOf(given, { dataSet: 'tiny-scenes', levels: {}, smoke: true }).evaluation.teacherForced;
}

test.each<[Given | undefined, Given | undefined, Given | undefined]>([
  [undefined, undefined, undefined],
  [undefined, { captions: 8 }, undefined],
  [{ captions: 512, questions: 800 }, undefined, { captions: 512, questions: 800 }],
  [
    { captions: 512, questions: 800 },
    { captions: 8, questions: 16 },
    { captions: 8, questions: 16 },
  ],
  [{ captions: 4 }, { captions: 8, questions: 16 }, { captions: 4, questions: 0 }],
])('of a real run with %j and an overlay of %j: %j', (real, overlay, expected) => {
  expect(smokeOf(real, overlay)).toEqual(expected);
});
