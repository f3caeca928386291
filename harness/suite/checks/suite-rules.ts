/** Rules that tie several fields of a suite together. Each complaint names the field that breaks the rule. */
import { decidingLooks } from '../../statistics/alpha-spending.js';
import { armsOf } from '../arms.js';
import type { Complaint } from '../complaint.js';
import type { Overlay, Scale } from '../run-config-schema.js';
import type { Hypothesis, Suite } from '../suite-fields.js';

export function suiteComplaints(suite: Suite): readonly Complaint[] {
  return [
    ...claimComplaints(suite),
    ...suite.hypotheses.flatMap((hypothesis, index) => hypothesisComplaints(suite, hypothesis, index)),
    ...valueComplaints(suite),
    ...seedComplaints(suite),
    ...lookComplaints(suite),
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
      // A level of that name may have been removed by the suite that extends this one.
      const parts = hypothesis[role].split('.');
      const levels = Object.keys(factors).map((factor, place) => ['factors', factor, 'levels', parts[place] ?? '']);
      const message = `must name one of the arms (${known.join(', ')})`;
      found.push({ path: [...at, role], message, known, involves: [...levels, ['factors']] });
    }
    if (hypothesis.treatment === hypothesis.control) {
      found.push({ path: [...at, 'control'], message: 'must differ from the treatment' });
    }
    return found;
  }
  const { factor, within = {} } = hypothesis;
  const names = Object.keys(factors);
  if (!names.includes(factor)) {
    const message = `must name one of the factors (${names.join(', ')})`;
    return [{ path: [...at, 'factor'], message, known: names, involves: [['factors', factor], ['factors']] }];
  }
  const values = new Set(Object.values(factors[factor]!.levels).map(({ value }) => value));
  // Where some levels have a value and others none, that is complained about by itself.
  if (values.size < 2) {
    const message = 'must name a factor with a value for each of two or more levels';
    const levels = Object.entries(factors[factor]!.levels).filter(([, { value }]) => value === undefined);
    const involves = levels.map(([level]) => ['factors', factor, 'levels', level, 'value']);
    found.push({ path: [...at, 'factor'], message, involves: [...involves, ['factors', factor, 'levels']] });
  }
  const others = names.filter((name) => name !== factor);
  for (const [name, level] of Object.entries(within)) {
    const levels = Object.keys(others.includes(name) ? factors[name]!.levels : {});
    if (levels.length === 0) {
      const message = `must name one of the other factors (${others.join(', ') || 'there are none'})`;
      found.push({ path: [...at, 'within', name], message, known: others, named: name, involves: [['factors', name]] });
    } else if (!levels.includes(level)) {
      const message = `must name one of the levels (${levels.join(', ')})`;
      const involves = [['factors', name, 'levels', level]];
      found.push({ path: [...at, 'within', name], message, known: levels, involves });
    }
  }
  const open = others.filter((name) => within[name] === undefined);
  // Whoever misspelt a factor meant one that is open.
  if (open.length > 0 && Object.keys(within).every((name) => others.includes(name))) {
    const message = `must give the level of every other factor (${open.join(', ')})`;
    found.push({ path: [...at, 'within'], message, involves: open.map((name) => ['factors', name]) });
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
        const message = 'must be given for every level of the factor, or for none';
        const involves = given.map(([level]) => ['factors', factor, 'levels', level, 'value']);
        return [{ path: [...path, 'value'], message, involves }];
      }
      const first = given.find(([, level]) => level.value === value)?.[0];
      if (first === undefined || first === id) return [];
      const involves = [['factors', factor, 'levels', first, 'value']];
      return [{ path: [...path, 'value'], message: `repeats the value of the level ${first}`, involves }];
    });
  });
}

function seedComplaints({ seeds, reserveSeeds, smoke }: Suite): readonly Complaint[] {
  const found: Complaint[] = [];
  const seen = new Map<number, readonly (string | number)[]>();
  for (const [list, values] of Object.entries({ seeds, reserveSeeds })) {
    values.forEach((seed, index) => {
      const first = seen.get(seed);
      if (first === undefined) seen.set(seed, [list, index]);
      else found.push({ path: [list, index], message: `repeats the seed ${seed}`, involves: [first] });
    });
  }
  if (smoke.seeds > seeds.length) {
    const message = `must not exceed the number of seeds (${seeds.length})`;
    found.push({ path: ['smoke', 'seeds'], message, involves: [['seeds']] });
  }
  return found;
}

/** Of looks only what can be said without knowing of reserve seeds, which are for `--until-decided`. */
function lookComplaints({ looks = [], seeds, hypotheses }: Suite): readonly Complaint[] {
  if (looks.length === 0) return [];
  if (hypotheses.length === 0) {
    return [{ path: ['looks'], message: 'must be left out where there are no hypotheses: nothing is decided' }];
  }
  const wrong = looks.flatMap((look, index): Complaint[] => {
    const path = ['looks', index];
    const before = looks[index - 1];
    if (before !== undefined && look <= before)
      return [{ path, message: `must be more than the look before (${before})` }];
    const message = `must not exceed the number of seeds (${seeds.length})`;
    return look > seeds.length ? [{ path, message, involves: [['seeds']] }] : [];
  });
  if (wrong.length > 0) return wrong;
  const planned = [...new Set([...looks, seeds.length])];
  const alpha = Math.min(...hypotheses.map((hypothesis) => hypothesis.alpha)) / hypotheses.length;
  const deciding = decidingLooks({ alpha, looks: planned });
  return planned.flatMap((look, index) =>
    deciding.includes(look)
      ? []
      : [
          {
            path: ['looks', index],
            message: 'comes too early: α leaves it nothing to decide with',
            involves: [['seeds']],
          },
        ],
  );
}

function dataComplaints({ data, hypotheses, scales }: Suite): readonly Complaint[] {
  const known = hypotheses.map(({ id }) => id);
  const message = `must name one of the hypotheses (${known.join(', ') || 'there are none'})`;
  const changes = [
    ...Object.entries(data).map(([name, settings]) => ({ at: ['data', name], changed: settings?.hypotheses })),
    { at: ['scales', 'small'], changed: scales.small?.hypotheses },
    { at: ['scales', 'paper'], changed: scales.paper?.hypotheses },
  ];
  return changes.flatMap(({ at, changed = {} }) =>
    Object.keys(changed)
      .filter((id) => !known.includes(id))
      .map((id) => ({ path: [...at, 'hypotheses', id], message, known, named: id, involves: [['hypotheses']] })),
  );
}

/** Overlays meet stages by name: those of levels and of smoke runs at every scale that is trained. */
function stageComplaints({ factors, data, smoke, scales }: Suite): readonly Complaint[] {
  const everywhere = [
    ...Object.entries(factors).flatMap(([factor, { levels }]) =>
      Object.entries(levels).map(([id, { overlay }]) => ({
        at: ['factors', factor, 'levels', id, 'overlay'],
        overlay,
      })),
    ),
    { at: ['smoke', 'overlay'], overlay: smoke.overlay },
  ];
  const ofData = Object.entries(data).map(([id, settings]) => ({
    at: ['data', id, 'overlay'],
    overlay: settings?.overlay,
  }));
  return [
    ...unknownStages([...everywhere, ...ofData], 'embedded', scales.embedded),
    ...(scales.small === undefined ? [] : unknownStages(everywhere, 'small', scales.small)),
  ];
}

function unknownStages(
  overlays: readonly { readonly at: readonly string[]; readonly overlay: Overlay | undefined }[],
  scale: string,
  { recipe }: Pick<Scale, 'recipe'>,
): readonly Complaint[] {
  const known = recipe.stages.map(({ name }) => name);
  const involves = [['scales', scale, 'recipe', 'stages']];
  const at = scale === 'embedded' ? '' : ` of the ${scale} scale`;
  return overlays.flatMap(({ at: place, overlay }): readonly Complaint[] => {
    const unknown = Object.keys(overlay?.recipe?.stages ?? {}).filter((name) => !known.includes(name));
    const path = [...place, 'recipe', 'stages'];
    const [name, ...others] = unknown;
    if (name === undefined) return [];
    if (others.length === 0) {
      const message = `must name one of the stages${at} (${known.join(', ')})`;
      return [{ path: [...path, name], message, known, named: name, involves }];
    }
    return [{ path, message: `names ${unknown.join(', ')}, but the stages${at} are ${known.join(', ')}`, involves }];
  });
}
