/** Rules that tie several fields of a suite together. Each complaint names the field that breaks the rule. */
import { armsOf } from './arms.js';
import type { Complaint } from './complaint.js';
import type { Hypothesis, Suite } from './schema.js';

export function suiteComplaints(suite: Suite): readonly Complaint[] {
  return [
    ...claimComplaints(suite),
    ...suite.hypotheses.flatMap((hypothesis, index) => hypothesisComplaints(suite, hypothesis, index)),
    ...valueComplaints(suite),
    ...seedComplaints(suite),
    ...dataComplaints(suite),
    ...stageComplaints(suite),
  ];
}

function claimComplaints({ hypotheses, claim, source, seeds }: Suite): readonly Complaint[] {
  if (hypotheses.length === 0) return [];
  const found: Complaint[] = [];
  if (claim === undefined) found.push({ path: ['claim'], message: 'must be stated where there are hypotheses' });
  if (source === undefined) found.push({ path: ['source'], message: 'must be stated where there are hypotheses' });
  if (seeds.length < 6) {
    const message = 'must list at least 6: with fewer no sign-flip test over seeds can reach p < .05';
    found.push({ path: ['seeds'], message });
  }
  const ids = hypotheses.map(({ id }) => id);
  ids.forEach((id, index) => {
    if (ids.indexOf(id) !== index) {
      found.push({ path: ['hypotheses', index, 'id'], message: `names the hypothesis "${id}" a second time` });
    }
  });
  return found;
}

function hypothesisComplaints({ factors }: Suite, hypothesis: Hypothesis, index: number): readonly Complaint[] {
  const at = ['hypotheses', index] as const;
  const found: Complaint[] = [];
  if (hypothesis.test === 'paired') {
    const known = armsOf(factors).map(({ id }) => id);
    for (const role of ['treatment', 'control'] as const) {
      if (known.includes(hypothesis[role])) continue;
      found.push({ path: [...at, role], message: `must name one of the arms (${known.join(', ')})`, known });
    }
    if (hypothesis.treatment === hypothesis.control) {
      found.push({ path: [...at, 'control'], message: 'must differ from the treatment' });
    }
    return found;
  }
  const { factor, within = {} } = hypothesis;
  const names = Object.keys(factors);
  if (!names.includes(factor)) {
    return [{ path: [...at, 'factor'], message: `must name one of the factors (${names.join(', ')})`, known: names }];
  }
  const values = new Set(Object.values(factors[factor]!.levels).map(({ value }) => value));
  if (values.has(undefined) || values.size < 2) {
    found.push({ path: [...at, 'factor'], message: 'must name a factor with a value for each of two or more levels' });
  }
  const others = names.filter((name) => name !== factor);
  for (const [name, level] of Object.entries(within)) {
    const levels = Object.keys(others.includes(name) ? factors[name]!.levels : {});
    if (levels.length === 0) {
      const message = `must name one of the other factors (${others.join(', ') || 'there are none'})`;
      found.push({ path: [...at, 'within', name], message });
    } else if (!levels.includes(level)) {
      const message = `must name one of the levels (${levels.join(', ')})`;
      found.push({ path: [...at, 'within', name], message, known: levels });
    }
  }
  const open = others.filter((name) => within[name] === undefined);
  if (open.length > 0) {
    found.push({ path: [...at, 'within'], message: `must give the level of every other factor (${open.join(', ')})` });
  }
  return found;
}

function valueComplaints({ factors }: Suite): readonly Complaint[] {
  return Object.entries(factors).flatMap(([factor, { levels }]) => {
    const entries = Object.entries(levels);
    const given = entries.filter(([, { value }]) => value !== undefined);
    return entries.flatMap(([id, { value }]): Complaint[] => {
      const path = ['factors', factor, 'levels', id];
      if (value === undefined && given.length > 0) {
        return [{ path: [...path, 'value'], message: 'must be given for every level of the factor, or for none' }];
      }
      const first = given.find(([, level]) => level.value === value)?.[0];
      if (first === undefined || first === id) return [];
      return [{ path: [...path, 'value'], message: `repeats the value of the level ${first}` }];
    });
  });
}

function seedComplaints({ seeds, reserveSeeds, smoke }: Suite): readonly Complaint[] {
  const found: Complaint[] = [];
  const seen = new Set<number>();
  for (const [list, values] of Object.entries({ seeds, reserveSeeds })) {
    values.forEach((seed, index) => {
      if (seen.has(seed)) found.push({ path: [list, index], message: `repeats the seed ${seed}` });
      seen.add(seed);
    });
  }
  if (smoke.seeds > seeds.length) {
    found.push({ path: ['smoke', 'seeds'], message: 'must not exceed the number of seeds' });
  }
  return found;
}

function dataComplaints({ data, hypotheses }: Suite): readonly Complaint[] {
  const known = hypotheses.map(({ id }) => id);
  return Object.entries(data).flatMap(([name, settings]) =>
    Object.keys(settings?.hypotheses ?? {})
      .filter((id) => !known.includes(id))
      .map((id) => ({
        path: ['data', name, 'hypotheses', id],
        message: `must name one of the hypotheses (${known.join(', ') || 'there are none'})`,
      })),
  );
}

/** Overlays meet stages by name. */
function stageComplaints({ factors, data, smoke, scales }: Suite): readonly Complaint[] {
  const stages = scales.embedded.recipe.stages.map(({ name }) => name);
  const overlays = [
    ...Object.entries(factors).flatMap(([factor, { levels }]) =>
      Object.entries(levels).map(([id, { overlay }]) => ({
        at: ['factors', factor, 'levels', id, 'overlay'],
        overlay,
      })),
    ),
    ...Object.entries(data).map(([id, settings]) => ({ at: ['data', id, 'overlay'], overlay: settings?.overlay })),
    { at: ['smoke', 'overlay'], overlay: smoke.overlay },
  ];
  return overlays.flatMap(({ at, overlay }) =>
    Object.keys(overlay?.recipe?.stages ?? {})
      .filter((name) => !stages.includes(name))
      .map((name) => ({
        path: [...at, 'recipe', 'stages', name],
        message: `must name one of the stages (${stages.join(', ')})`,
      })),
  );
}
