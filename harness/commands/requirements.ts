/** What `--require` asks for: a verdict of the finding, or of one of its claims. */
import { InvalidArgumentError } from 'commander';
import { UserError } from '../errors.js';
import { closestName } from '../files/closest-name.js';
import { type Verdict, verdicts } from '../statistics/verdict-rule.js';
import type { Suite } from '../suite/schema.js';
import type { DecidedFinding } from '../verdict/decide-finding.js';

export interface Requirement {
  /** Id of a hypothesis; without one, the verdict of the finding is meant, or that of every claim where there is none together. */
  readonly claim?: string;
  readonly verdict: Verdict;
}

/** @throws InvalidArgumentError for what is neither a verdict nor CLAIM=VERDICT */
export function parseRequirement(text: string): Requirement {
  const equals = text.lastIndexOf('=');
  const word = text.slice(equals + 1);
  const verdict = verdicts.find((known) => known === word);
  if (verdict === undefined || equals === 0) {
    throw new InvalidArgumentError(
      `It must be one of ${verdicts.join(', ')}, or one of them after the id of a claim, as better-captions=reproduced.`,
    );
  }
  return equals === -1 ? { verdict } : { claim: text.slice(0, equals), verdict };
}

/** @throws UserError `usage` for a claim that none of the suites states */
export function checkRequirements(required: readonly Requirement[], suites: readonly Suite[]): void {
  const known = [...new Set(suites.flatMap(({ hypotheses }) => hypotheses.map(({ id }) => id)))];
  for (const { claim, verdict } of required) {
    if (claim === undefined || known.includes(claim)) continue;
    const closest = closestName(claim, known);
    throw new UserError(
      {
        code: 'usage',
        what: `there is no claim ${claim}`,
        where: `--require ${claim}=${verdict}`,
        expected: known.length === 0 ? 'a suite with hypotheses' : `one of ${known.join(', ')}`,
        fix: closest === undefined ? 'name a hypothesis of the suite by its id' : `did you mean ${closest}?`,
      },
      { exitCode: 2 },
    );
  }
}

/** One sentence for each requirement that a finding does not meet. A claim that it does not state is required of another one. */
export function unmetRequirements(
  required: readonly Requirement[],
  { decision, claims }: Pick<DecidedFinding, 'decision' | 'claims'>,
): readonly string[] {
  return required.flatMap(({ claim, verdict: wanted }) => {
    if (claim === undefined && (decision !== undefined || claims.length === 0)) {
      const found = decision?.verdict ?? 'none';
      return found === wanted ? [] : [`the verdict is ${found}, and --require asks for ${wanted}`];
    }
    return claims
      .filter(
        ({ hypothesis, decision: { verdict } }) => (claim ?? hypothesis.id) === hypothesis.id && verdict !== wanted,
      )
      .map(
        ({ hypothesis, decision: { verdict } }) =>
          `the verdict on ${hypothesis.id} is ${verdict}, and --require asks for ${wanted}`,
      );
  });
}
