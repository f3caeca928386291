/** The plan of the stand-in trainer for a model that knows every word of the stand-in data set. */
import type { Plan } from '../../../harness/suite/plan.js';
import { fakePlan } from '../fake/fake-runs.js';

export function fakePlanOfAllWords(options: { readonly smoke?: boolean } = {}): Plan {
  const plan = fakePlan(options);
  return {
    ...plan,
    runs: plan.runs.map(({ config, ...run }) => ({
      ...run,
      config: {
        ...config,
        model: { ...config.model, language: { ...config.model.language, vocabularySize: 256 } },
      },
    })),
  };
}
