/** The sentence that must stand wherever a verdict is quoted: what it was tested with. */
import type { Suite } from './schema.js';
import type { TrainedScale } from './settings.js';

/** The suite's own, unless its scale states another. */
export function scopeOf({ scope, scales }: Pick<Suite, 'scope' | 'scales'>, scale: TrainedScale): string | undefined {
  return (scale === 'embedded' ? undefined : scales[scale]?.scope) ?? scope;
}
