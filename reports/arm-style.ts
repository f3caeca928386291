/**
 * How each arm looks in every chart of a page: a colour-blind-safe colour (after Okabe and Ito), and a dash and a marker, so that no
 * chart depends on colour alone. Colours are CSS variables: dark mode changes them in one place.
 */
import type { ArmView, FactorView } from './finding-report-view.js';

type Marker = 'disc' | 'square' | 'triangle' | 'diamond';

export interface LineStyle {
  readonly label: string;
  /** A CSS colour that SVG accepts in `fill` and `stroke`. */
  readonly color: string;
  /** Lengths of dashes and gaps; empty for a solid line. */
  readonly dash: readonly number[];
  readonly marker: Marker;
  /** Drawn as an outline. */
  readonly hollow: boolean;
}

export interface ArmStyle extends LineStyle {
  readonly id: string;
  /** Part in the comparison, in words; empty where the arm has none. */
  readonly roleWord: string;
}

const TREATMENT = 'var(--treatment)';
const CONTROL = 'var(--control)';
const FURTHER_COLORS = ['var(--extra-1)', 'var(--extra-2)', 'var(--extra-3)', 'var(--extra-4)'] as const;
const DOSE_COLORS = ['var(--dose-1)', 'var(--dose-2)', 'var(--dose-3)', 'var(--dose-4)', 'var(--dose-5)'] as const;
const MARKERS: readonly Marker[] = ['disc', 'square', 'triangle', 'diamond'];
const DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2]];

/**
 * Arms that differ by one quantity get colours from light to dark in its order. Otherwise each setting of the qualitative factors has a
 * colour of its own (the control and the treatment of the first claim always the same two), and the levels of a quantity differ in dashes.
 * @returns the styles in the order of the arms, keyed by the arm's id
 */
export function styleArms(
  arms: readonly ArmView[],
  factors: readonly FactorView[] = [],
): ReadonlyMap<string, ArmStyle> {
  const quantities = factors.filter(
    ({ levels }) => levels.length > 1 && levels.every(({ value }) => value !== undefined),
  );
  const isQuantity = (factor: string): boolean => quantities.some(({ id }) => id === factor);
  const setting = ({ id, levels }: ArmView): string => {
    const others = Object.keys(levels).filter((factor) => !isQuantity(factor));
    if (Object.keys(levels).length === 0) return id;
    return JSON.stringify(others.sort().map((factor) => levels[factor]));
  };
  const rankOf = (arm: ArmView): number => {
    const [quantity] = quantities;
    const values = (quantity?.levels ?? []).map(({ value }) => value ?? 0).sort((left, right) => left - right);
    const own = quantity?.levels.find(({ id }) => id === arm.levels[quantity.id])?.value;
    return own === undefined ? 0 : Math.max(0, values.indexOf(own));
  };
  const onlyQuantity = quantities.length === 1 && new Set(arms.map(setting)).size === 1 && arms.length > 2;
  const settingColors = colorsOfSettings(arms, setting);
  return new Map(
    arms.map((arm): [string, ArmStyle] => {
      const rank = rankOf(arm);
      const isControl = arm.role === 'control' && quantities.length === 0;
      const dash =
        onlyQuantity || quantities.length > 0 ? (DASHES[rank % DASHES.length] ?? []) : isControl ? [7, 4] : [];
      return [
        arm.id,
        {
          id: arm.id,
          // A number and its percent sign stay on one line.
          label: arm.label.replace(/(\d) %/g, '$1\u00a0%'),
          roleWord: arm.role ?? '',
          color: onlyQuantity ? doseColor(rank, arms.length) : (settingColors.get(setting(arm)) ?? TREATMENT),
          dash,
          marker: isControl ? 'square' : 'disc',
          hollow: isControl,
        },
      ];
    }),
  );
}

/** The style of an arm that the view does not declare: drawn, but plainly. */
export function styleOf(styles: ReadonlyMap<string, ArmStyle>, id: string): ArmStyle {
  return (
    styles.get(id) ?? {
      id,
      label: id,
      roleWord: '',
      color: 'var(--muted)',
      dash: [2, 3],
      marker: 'disc',
      hollow: false,
    }
  );
}

/** Styles for lines that are no arms (series of a chart): those of the arms whose factor level bears the name, else further ones. */
export function styleSeries(
  labels: readonly string[],
  { arms, factors }: { readonly arms: readonly ArmView[]; readonly factors: readonly FactorView[] },
): readonly LineStyle[] {
  const styles = styleArms(arms, factors);
  const colors = labels.map((label) => {
    const named = factors.flatMap(({ id, levels }) =>
      levels.filter((level) => level.label === label).map((level) => [id, level.id] as const),
    );
    const arm = arms.find(({ levels }) => named.some(([factor, level]) => levels[factor] === level));
    return arm === undefined ? undefined : styles.get(arm.id)?.color;
  });
  const free = [TREATMENT, CONTROL, ...FURTHER_COLORS].filter((color) => !colors.includes(color));
  return labels.map((label, index) => {
    const color = colors[index] ?? free.shift() ?? 'var(--muted)';
    return { label, color, dash: [], marker: MARKERS[index % MARKERS.length] ?? 'disc', hollow: index % 2 === 1 };
  });
}

function colorsOfSettings(arms: readonly ArmView[], setting: (arm: ArmView) => string): ReadonlyMap<string, string> {
  const colors = new Map<string, string>();
  for (const [role, color] of [
    ['control', CONTROL],
    ['treatment', TREATMENT],
  ] as const) {
    const arm = arms.find((candidate) => candidate.role === role);
    if (arm !== undefined && !colors.has(setting(arm))) colors.set(setting(arm), color);
  }
  const free = [TREATMENT, CONTROL, ...FURTHER_COLORS].filter((color) => ![...colors.values()].includes(color));
  for (const arm of arms) {
    if (!colors.has(setting(arm))) colors.set(setting(arm), free.shift() ?? 'var(--muted)');
  }
  return colors;
}

/** Spreads few doses over the whole ramp. */
function doseColor(rank: number, doses: number): string {
  const last = DOSE_COLORS.length - 1;
  const place = doses <= 1 ? last : Math.round((rank * last) / (doses - 1));
  return DOSE_COLORS[Math.min(last, place)] ?? TREATMENT;
}
