/**
 * How each arm looks in every chart of a report: a colour-blind-safe colour (after Okabe and Ito), and a dash and a
 * marker, so that no chart depends on colour alone. Colours are CSS variables: dark mode changes them in one place.
 */
import type { ArmView } from './finding-report-view.js';

export interface ArmStyle {
  readonly id: string;
  readonly label: string;
  /** Part in the comparison, in words; empty where the arm has none. */
  readonly roleWord: string;
  /** A CSS colour that SVG accepts in `fill` and `stroke`. */
  readonly color: string;
  readonly dash: 'solid' | readonly number[];
  readonly marker: 'disc' | 'square';
  /** Drawn as a hollow marker on a dashed line. */
  readonly hollow: boolean;
}

const TREATMENT_COLORS = ['var(--treatment)', 'var(--extra-1)', 'var(--extra-2)'] as const;

/** @returns the styles in the order of the arms, keyed by the arm's id. */
export function styleArms(arms: readonly ArmView[]): ReadonlyMap<string, ArmStyle> {
  const styles = new Map<string, ArmStyle>();
  let treatments = 0;
  for (const { id, label, role } of arms) {
    if (role === 'control') {
      styles.set(id, {
        id,
        label,
        roleWord: role,
        color: 'var(--control)',
        dash: [7, 4],
        marker: 'square',
        hollow: true,
      });
    } else {
      const color = TREATMENT_COLORS[treatments % TREATMENT_COLORS.length] ?? TREATMENT_COLORS[0];
      styles.set(id, { id, label, roleWord: role ?? '', color, dash: 'solid', marker: 'disc', hollow: false });
      treatments += 1;
    }
  }
  return styles;
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
