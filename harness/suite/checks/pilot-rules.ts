/** Rules between a pilot and the suite that it was run for. Each complaint names the field of the pilot that breaks the rule. */
import { armsOf } from '../arms.js';
import type { Complaint } from '../complaint.js';
import type { Pilot } from '../pilot-schema.js';
import { defaultDataSet, hypothesesOn } from '../plan.js';
import type { Hypothesis, Suite } from '../suite-fields.js';

export function pilotComplaints(pilot: Pilot, suite: Suite): readonly Complaint[] {
  return [...suiteComplaints(pilot, suite), ...recipeComplaints(pilot, suite), ...runComplaints(pilot, suite)];
}

function suiteComplaints({ suite: id, version, dataSet }: Pilot, suite: Suite): readonly Complaint[] {
  const found: Complaint[] = [];
  if (id !== suite.id)
    found.push({ path: ['suite'], message: `must be ${suite.id}, the id of the suite it stands by` });
  if (version !== (suite.version ?? 1)) {
    const fix = 'run the pilot of this version with `vlm-bench pilot`, or state the version that it was run for';
    found.push({ path: ['version'], message: `must be ${suite.version ?? 1}, the version of ${suite.id}`, fix });
  }
  const first = defaultDataSet(suite);
  if (dataSet !== first) {
    found.push({ path: ['dataSet'], message: `must be ${first}, which ${suite.id} is about`, known: [first] });
  }
  return found;
}

function recipeComplaints({ recipes, scaled }: Pilot, suite: Suite): readonly Complaint[] {
  const found: Complaint[] = [];
  const chosen = recipes.filter((recipe) => recipe.chosen).length;
  if (chosen !== 1) found.push({ path: ['recipes'], message: `must mark exactly one as chosen, not ${chosen}` });
  const stages = suite.scales.embedded.recipe.stages.map(({ name }) => name);
  scaled.forEach((name, index) => {
    if (stages.includes(name)) return;
    const message = `must name one of the stages of ${suite.id} (${stages.join(', ')})`;
    found.push({ path: ['scaled', index], message, known: stages });
  });
  return found;
}

function runComplaints({ runs }: Pilot, suite: Suite): readonly Complaint[] {
  const found: Complaint[] = [];
  const arms = armsOf(suite.factors).map(({ id }) => id);
  const ofSuite = new Set([...suite.seeds, ...suite.reserveSeeds]);
  const seen = new Set<string>();
  const hypotheses = hypothesesOn(suite, defaultDataSet(suite));
  const metrics = [...new Set(hypotheses.map(({ metric }) => metric))];
  runs.forEach(({ rate, arm, seed, scores }, index) => {
    const at = ['runs', index] as const;
    if (!arms.includes(arm)) {
      const message = `must name one of the arms of ${suite.id} (${arms.join(', ')})`;
      found.push({ path: [...at, 'arm'], message, known: arms });
    }
    if (ofSuite.has(seed)) {
      const message = `is ${seed}, which ${suite.id} decides on: what is seen in a pilot must not decide`;
      found.push({ path: [...at, 'seed'], message, fix: 'run the pilot with other seeds, or give the suite others' });
    }
    const key = JSON.stringify([rate, arm, seed]);
    if (seen.has(key)) {
      found.push({
        path: [...at, 'seed'],
        message: `repeats seed ${seed} of ${arm} at ${rate} times the learning rate`,
      });
    }
    seen.add(key);
    const lacking = metrics.filter(
      (metric) =>
        scores[metric] === undefined && hypotheses.some((h) => h.metric === metric && compares(h, suite, arm)),
    );
    if (lacking.length > 0) {
      const message = `must hold ${lacking.join(' and ')}, which ${suite.id} decides on`;
      found.push({ path: [...at, 'scores'], message, fix: 'run the pilot again with `vlm-bench pilot`' });
    }
  });
  if (found.length > 0) return found;
  return hypotheses.flatMap((hypothesis) => {
    const compared = arms.filter((arm) => compares(hypothesis, suite, arm));
    const seedsOf = (arm: string) => runs.filter((run) => run.rate === 1 && run.arm === arm).map(({ seed }) => seed);
    const [least = [], ...others] = compared.map(seedsOf);
    const paired = least.filter((seed) => others.every((seeds) => seeds.includes(seed)));
    if (paired.length >= 2) return [];
    const message =
      `must hold two or more seeds of every arm of ${hypothesis.id} (${compared.join(', ')}) at a rate of 1, ` +
      `to tell how much seeds differ; it holds ${paired.length}`;
    return [{ path: ['runs'], message, fix: 'run the pilot with more seeds' }];
  });
}

/** Whether the claim is decided on runs of the arm. */
function compares(hypothesis: Hypothesis, { factors }: Suite, arm: string): boolean {
  if (hypothesis.test === 'paired') return [hypothesis.treatment, hypothesis.control].includes(arm);
  const levels = armsOf(factors).find(({ id }) => id === arm)?.levels ?? {};
  return Object.entries(hypothesis.within ?? {}).every(([factor, level]) => levels[factor] === level);
}
