/** Lays an overlay (of an arm, a data set or `--smoke`) over a scale: pure, later overlays win, stages are met by name. */
import type { Overlay, Scale } from './run-config-schema.js';

/** An overlay and where it stands in the suite. */
export interface Layer {
  readonly at: readonly string[];
  readonly overlay: Overlay;
}

/** The scale with every value that the overlay states replaced; keys the overlay does not state are kept. */
export function applyOverlay(scale: Scale, overlay: Overlay | undefined): Scale {
  if (overlay === undefined) return scale;
  const { stages: stageOverlays = {}, optimizer, initialization, ...recipe } = overlay.recipe ?? {};
  const stages = scale.recipe.stages.map((stage) => ({
    ...stage,
    ...(stage.kind === 'words' ? {} : stated({ attentionMask: overlay.attentionMask })),
    ...stated(stageOverlays[stage.name] ?? {}),
  }));
  return {
    ...(scale.tokenizer === undefined ? {} : { tokenizer: scale.tokenizer }),
    model: {
      vision: { ...scale.model.vision, ...stated(overlay.model?.vision ?? {}) },
      connector: { ...scale.model.connector, ...stated(overlay.model?.connector ?? {}) },
      language: { ...scale.model.language, ...stated(overlay.model?.language ?? {}) },
    },
    recipe: {
      ...scale.recipe,
      ...stated(recipe),
      optimizer: { ...scale.recipe.optimizer, ...stated(optimizer ?? {}) },
      initialization: { ...scale.recipe.initialization, ...stated(initialization ?? {}) },
      stages,
    },
    generation: { ...scale.generation, ...stated(overlay.generation ?? {}) },
    evaluation: { ...scale.evaluation, ...stated(overlay.evaluation ?? {}) },
  };
}

/** The entries of an object that are not undefined. */
export function stated<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
