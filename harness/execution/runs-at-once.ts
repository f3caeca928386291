/** How many runs are performed beside each other where nobody says so: one per core, or per as many cores as a run has devices. */
import { availableParallelism } from 'node:os';
import { torchSettings } from '../../reference-model/engines/torch/settings.js';

export const runsAtOnce = (cores: number = availableParallelism()): number =>
  Math.max(1, Math.floor(cores / torchSettings().devices));
