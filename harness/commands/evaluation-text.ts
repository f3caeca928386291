/** An evaluation as a table for people. */
import { logLine, logText } from '../log-text.js';
import type { EvaluationRecord } from '../records/evaluation-record.js';

export function evaluationText(record: EvaluationRecord, asked: number): string {
  const { benchmark, model, items, outcomes, scores, status } = record;
  const part = items.limitSeed === undefined ? '' : `, a part of ${items.total} drawn by seed ${items.limitSeed}`;
  const counts = Object.entries(outcomes).flatMap(([name, number]) => (number === 0 ? [] : [`${number} ${name}`]));
  const width = Math.max(0, ...scores.map(({ name }) => logText(name).length));
  return [
    `benchmark  ${benchmark.id}, variant ${benchmark.variant}`,
    `model      ${logText(model.label)}${model.reported === undefined ? '' : ` (${logText(model.reported)})`}`,
    `answers    ${items.chosen}${part}: ${counts.join(', ')}; ${asked} asked now`,
    `status     ${status}`,
    ...(record.repeated === undefined
      ? []
      : [`repeated   ${record.repeated.equal} of ${record.repeated.items} stay the same`]),
    ...scores.map(({ name, score, ci95, questions }) => {
      const interval = ci95 === undefined ? '' : `  95 % interval ${ci95[0].toFixed(4)} to ${ci95[1].toFixed(4)}`;
      const number = questions === undefined ? '' : `  of ${questions} questions`;
      return `${logText(name).padEnd(width)}  ${score.toFixed(4)}${number}${interval}`;
    }),
    ...new Set(scores.slice(0, 1).map(({ signature }) => logLine(signature))),
  ].join('\n');
}
