/** Holds what a model was scored on against what the configuration asks for. */
import { UserError } from '../errors.js';

/** @throws UserError `score-invalid` for what is missing, surplus, repeated or out of order */
export function requireSameIds(expected: readonly string[], predicted: readonly string[], what: string): void {
  const index = expected.findIndex((id, position) => predicted[position] !== id);
  if (index < 0 && expected.length === predicted.length) return;
  const isCount = index < 0 || index >= predicted.length;
  const found = isCount ? `${predicted.length} predictions` : `prediction ${index} for "${predicted[index]}"`;
  const wanted = isCount ? `${expected.length} ${what}` : `"${expected[index]}"`;
  throw invalid(`the model's predictions do not match the ${what} of the split: ${found}`, wanted);
}

function invalid(what: string, expected: string): UserError {
  return new UserError({
    code: 'score-invalid',
    what,
    expected,
    fix: 'report this; a run must predict every sample once',
  });
}
