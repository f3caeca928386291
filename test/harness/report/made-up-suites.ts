import { formatError } from '../../../harness/errors.js';
import { buildFindingView } from '../../../harness/report/build-view.js';
import type { Suite } from '../../../harness/suite/schema.js';
import { decideFinding } from '../../../harness/verdict/decide-finding.js';
import { temporaryFolder } from '../fake/fake-runs.js';
import { type Fabrication, fabricate, suiteOf } from './fabricated-records.js';

/** Student's t at 97.5 % with 5 degrees of freedom, from printed tables. */
const t975 = 2.570582;
/** One deviation per seed 1…6; their sum is 0 and the sum of their squares 10. */
export const deviations = [-2, 1, -1, 0, 2, 0];
export const deviation = (seed: number) => deviations[seed - 1]!;
/** Half the width of the 95 % interval of a mean with these deviations. */
export const halfWidth = t975 * Math.sqrt(10 / 5 / 6);

export const paired = (id: string, changes: object): Suite['hypotheses'][number] => ({
  id,
  statement: `${id} holds`,
  metric: 'accuracy',
  direction: 'greater',
  margin: 0.5,
  alpha: 0.05,
  test: 'paired',
  treatment: 'on',
  control: 'off',
  ...changes,
});

export const level = (label: string, changes: object = {}) => ({
  label,
  description: `${label}.`,
  overlay: {},
  ...changes,
});
export const mask = (maskKind: 'causal' | 'visual-bidirectional') => ({ overlay: { attentionMask: maskKind } });
const lengths = (steps: number) => ({ overlay: { recipe: { stages: { adapt: { steps } } } } });

export const onOff: Suite['factors'] = {
  switch: { label: 'switch', levels: { off: level('switched off', lengths(4)), on: level('switched on', lengths(5)) } },
};

export const domain: Suite['factors'] = {
  start: {
    label: 'start',
    levels: { staged: level('staged', lengths(4)), scratch: level('from scratch', lengths(5)) },
  },
  share: {
    label: 'share of the training questions',
    levels: {
      few: level('5 %', { value: 0.05, ...length('joint', 3) }),
      some: level('20 %', { value: 0.2, ...length('joint', 4) }),
      all: level('100 %', { value: 1, ...length('joint', 5) }),
    },
  },
};

export function length(stage: string, steps: number) {
  return { overlay: { recipe: { stages: { [stage]: { steps } } } } };
}

export const reproduced = (suite: Partial<Suite>, scores: Fabrication['scores'], more: Partial<Fabrication> = {}) =>
  fabricate(temporaryFolder(), suiteOf({ id: 'made-up', ...suite }), { scores, ...more });

export const viewOf = async (...args: Parameters<typeof reproduced>) =>
  buildFindingView(decideFinding(reproduced(...args).folder));

export const complaint = (view: Promise<unknown>) => view.then(() => 'no complaint', formatError);
