/** What was learned part by part, beside guessing: a verdict on something that no arm has learned says little. */
import { type ArmStyle, styleOf } from '../arm-style.js';
import type { FindingReportView, LearntPartView } from '../finding-report-view.js';
import { formatFixed } from '../numbers.js';

/** More arms than this stand in rows. */
const MOST_COLUMNS = 4;

export function learntSection({ learnt, arms }: FindingReportView, styles: ReadonlyMap<string, ArmStyle>) {
  const ids = arms.map(({ id }) => id).filter((id) => learnt.some((part) => part.arms.some(({ arm }) => arm === id)));
  const armsInRows = ids.length > MOST_COLUMNS;
  const labelOf = (id: string) => styleOf(styles, id).label;
  const chance = 'guessing';
  return {
    shown: learnt.length > 0,
    corner: armsInRows ? 'Arm' : 'Part',
    columns: armsInRows ? learnt.map(({ part }) => part) : [...ids.map(labelOf), chance],
    rows: armsInRows
      ? [
          ...ids.map((id) => ({ name: labelOf(id), cells: learnt.map((part) => cell(part, id)) })),
          { name: chance, cells: learnt.map(guessed) },
        ]
      : learnt.map((part) => ({ name: part.part, cells: [...ids.map((id) => cell(part, id)), guessed(part)] })),
  };
}

function cell({ arms }: LearntPartView, id: string) {
  const own = arms.find(({ arm }) => arm === id);
  if (own === undefined) return { value: '', note: '' };
  return { value: formatFixed(own.mean, 2), note: `least ${formatFixed(own.least, 2)}, ${own.learned} of ${own.runs}` };
}

function guessed({ chance }: LearntPartView) {
  return { value: formatFixed(chance, 2), note: '' };
}
