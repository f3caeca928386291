/** Quantities as people read them: three digits and a unit. */

const steps = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** 1234567 → “1.23 M”; with a unit behind it, “1.23 MFLOP”. */
export function quantityText(value: number, unit = ''): string {
  let scaled = value;
  let step = 0;
  while (scaled >= 999.5 && step < steps.length - 1) {
    scaled /= 1000;
    step += 1;
  }
  const number = step === 0 && Number.isInteger(scaled) ? String(scaled) : digits(scaled);
  return `${number} ${steps[step]}${unit}`.trimEnd();
}

/** 75 → “1 min 15 s”. */
export function durationText(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function digits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
