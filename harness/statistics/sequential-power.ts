/**
 * How likely each word of a verdict is where a plan looks at some of the seeds first, at each look and in all: for one claim whose effects
 * are normal, at the levels that the decision itself uses (`alpha-spending.ts`); it ends as soon as the claim is decided.
 *
 * Of the seeds up to a look the mean and the squares around it count. Going back from a look with n' seeds to the one before with n, the
 * mean moves by √((n' − n) ÷ (n n')) times a standard normal contrast that is independent of it, and the squares lose the square of that
 * contrast and those of the added seeds around their own mean. Given the contrasts and squares, each word of each look is an interval of
 * the mean, whose probability is exact; what is left is averaged by a randomised quasi-Monte Carlo rule with a known standard error
 * (Richtmyer's points, shifted and folded: Genz and Bretz 2009, "Computation of Multivariate Normal and t Probabilities", chapter 4).
 */
import { spendingPlan } from './alpha-spending.js';
import { tabulatedNormal } from './normal-table.js';
import { type QuadratureNodes, quadratureNodes } from './sequential-nodes.js';
import { studentTQuantile } from './student-t.js';
import { type VerdictChances, verdictChances } from './verdict-power.js';

export interface SequentialPlan {
  /** Two-sided, to be spent over the looks; the strictest share where several claims are corrected. */
  readonly alpha: number;
  /** Seeds at each look, ascending; the last are all. */
  readonly looks: readonly number[];
}

export interface LookChances extends Pick<VerdictChances, 'reproduced' | 'ruledOut' | 'contradicted'> {
  /** Seeds at this look. */
  readonly seeds: number;
}

/** The words in all, each the sum over the looks; `inconclusive` is what the last look leaves open. */
export interface SequentialChances extends VerdictChances {
  readonly looks: readonly LookChances[];
  readonly expectedSeeds: number;
  /** Of the chances, the largest; 0 where there is one look. */
  readonly standardError: number;
}

/** @throws RangeError as `spendingPlan`, and then as `verdictChances` */
export function chancesWithLooks({
  alpha,
  looks,
}: SequentialPlan): (rule: {
  readonly standardDeviation: number;
  readonly margin: number;
}) => (effect: number) => SequentialChances {
  const levels = spendingPlan({ alpha, looks });
  const critical = levels.map(({ n, level }) =>
    level === 0 ? Number.POSITIVE_INFINITY : studentTQuantile(1 - level / 2, n - 1),
  );
  const nodes = quadratureNodes(looks);
  return ({ standardDeviation, margin }) => {
    const later = segmentsOf(nodes, { looks, critical, margin: margin / standardDeviation });
    return (effect) => {
      const { n, level } = levels[0]!;
      const first = level === 0 ? nothing : verdictChances({ n, effect, standardDeviation, margin, alpha: level });
      const rows = later.map((segments) => averages(segments, nodes, effect / standardDeviation));
      return inAll(looks, first, rows);
    };
  };
}

/** What a look says for which there is nothing of α. */
const nothing = { reproduced: 0, ruledOut: 0, contradicted: 0 };

interface Segments {
  readonly seeds: number;
  /** For each node from where to where a mean, in standard deviations of the effects, gives the first word, the second and the third. */
  readonly ends: Float64Array;
}

const words = ['contradicted', 'ruledOut', 'reproduced'] as const;
const perNode = 2 * words.length;

/** One entry for each look after the first. */
function segmentsOf(
  { count, squares, contrasts, addedSquares }: QuadratureNodes,
  {
    looks,
    critical,
    margin,
  }: { readonly looks: readonly number[]; readonly critical: readonly number[]; readonly margin: number },
): readonly Segments[] {
  const later = looks.slice(1).map((seeds) => ({ seeds, ends: new Float64Array(perNode * count) }));
  for (let node = 0; node < count; node++) {
    let sumOfSquares = squares[node]!;
    let [, from, to] = boundaries(looks[0]!, sumOfSquares, critical[0]!, margin);
    for (const [index, { seeds, ends }] of later.entries()) {
      const before = looks[index]!;
      const contrast = contrasts[index]![node]!;
      sumOfSquares += contrast ** 2 + addedSquares[index]![node]!;
      const moved = contrast * Math.sqrt((seeds - before) / (before * seeds));
      from -= moved;
      to -= moved;
      const [opposite, excluded, reached] = boundaries(seeds, sumOfSquares, critical[index + 1]!, margin);
      ends.set(
        [from, Math.min(to, opposite), Math.max(from, opposite), Math.min(to, excluded), Math.max(from, reached), to],
        perNode * node,
      );
      from = Math.max(from, excluded);
      to = Math.min(to, reached);
    }
  }
  return later;
}

/** Below the first the claim is contradicted, below the second the margin is ruled out, and from the third on it is reproduced. */
function boundaries(
  seeds: number,
  sumOfSquares: number,
  critical: number,
  margin: number,
): readonly [number, number, number] {
  const halfWidth =
    critical === Number.POSITIVE_INFINITY ? critical : critical * Math.sqrt(sumOfSquares / (seeds - 1) / seeds);
  return [-halfWidth, margin - halfWidth, Math.max(margin, halfWidth)];
}

/** The chance of each word at a later look; one row for each shift of the nodes. */
function averages(
  { seeds, ends }: Segments,
  { count, shifts }: QuadratureNodes,
  effect: number,
): readonly (readonly number[])[] {
  const root = Math.sqrt(seeds);
  const perShift = count / shifts;
  const rows = Array.from({ length: shifts }, () => words.map(() => 0));
  for (let node = 0; node < count; node++) {
    const row = rows[Math.floor(node / perShift)]!;
    for (let word = 0; word < words.length; word++) {
      const from = ends[perNode * node + 2 * word]!;
      const to = ends[perNode * node + 2 * word + 1]!;
      if (to > from) row[word]! += tabulatedNormal((to - effect) * root) - tabulatedNormal((from - effect) * root);
    }
  }
  return rows.map((row) => row.map((sum) => sum / perShift));
}

function inAll(
  looks: readonly number[],
  first: Pick<VerdictChances, (typeof words)[number]>,
  later: readonly (readonly (readonly number[])[])[],
): SequentialChances {
  const byLook = looks.map((seeds, look): LookChances => {
    const rows = later[look - 1] ?? [words.map((word) => first[word])];
    const [contradicted, ruledOut, reproduced] = words.map((_, place) => average(rows, place));
    return { seeds, reproduced: reproduced!, ruledOut: ruledOut!, contradicted: contradicted! };
  });
  const total = (word: (typeof words)[number]) => byLook.reduce((sum, look) => sum + look[word], 0);
  const [reproduced, ruledOut, contradicted] = [total('reproduced'), total('ruledOut'), total('contradicted')];
  const last = looks.at(-1)!;
  const saved = byLook.reduce(
    (sum, look) => sum + (last - look.seeds) * (look.reproduced + look.ruledOut + look.contradicted),
    0,
  );
  return {
    reproduced,
    ruledOut,
    contradicted,
    inconclusive: Math.max(0, 1 - reproduced - ruledOut - contradicted),
    looks: byLook,
    expectedSeeds: last - saved,
    standardError: Math.max(...words.map((_, place) => standardError(later, place))),
  };
}

function average(rows: readonly (readonly number[])[], place: number): number {
  return rows.reduce((sum, row) => sum + row[place]!, 0) / rows.length;
}

/** Of one word over all looks, from how much the shifts of the nodes disagree. */
function standardError(later: readonly (readonly (readonly number[])[])[], place: number): number {
  const shifts = later[0]?.length ?? 0;
  if (shifts === 0) return 0;
  const sums = Array.from({ length: shifts }, (_, shift) => later.reduce((sum, rows) => sum + rows[shift]![place]!, 0));
  const mean = sums.reduce((sum, value) => sum + value, 0) / shifts;
  return Math.sqrt(sums.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (shifts - 1) / shifts);
}
