/** What a verdict means, in one sentence for someone who has never heard of an interval. The numbers are said after it. */
import type { Verdict } from '../statistics/verdict-rule.js';
import type { DecidedFinding } from './decide-finding.js';

/** One line for the finding, or one for each of its claims where they are judged one by one; none for a benchmark. */
export function plainVerdicts({
  decision,
  claims,
  reproduction: { suite, smoke },
}: Pick<DecidedFinding, 'decision' | 'claims' | 'reproduction'>): readonly string[] {
  if (claims.length === 0) return [];
  if (smoke) return ['This was a smoke run: it shows that everything works, and says nothing about the claim.'];
  if (decision !== undefined) return [plainVerdict(decision.verdict, suite.claim ?? suite.title)];
  return claims.map(({ hypothesis, decision: { verdict } }) => plainVerdict(verdict, hypothesis.statement));
}

/** @param claim in the words of whoever claims it */
export function plainVerdict(verdict: Verdict, claim: string): string {
  const quoted = `“${claim.replace(/\.$/, '')}”`;
  switch (verdict) {
    case 'reproduced':
      return `In this test the claim holds: ${quoted}.`;
    case 'contradicted':
      return `In this test the opposite of the claim holds: ${quoted}.`;
    case 'ruled-out':
      return `In this test the claimed benefit is too small to matter, if there is one at all: ${quoted}.`;
    case 'inconclusive':
      return `This test cannot tell whether the claim holds: ${quoted}.`;
    default:
      return verdict satisfies never;
  }
}
