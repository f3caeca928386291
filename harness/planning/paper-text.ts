/** The plan of a paper scale as text for the terminal. */
import { logLines } from '../log-text.js';
import type { PaperPlan } from './paper-plan.js';
import { quantityText } from './quantities.js';

export function paperText(plan: PaperPlan): string {
  const { suite, title, notes, parameters, hardware, arms, seeds, totals, memoryBytes, warnings } = plan;
  const { vision, connector, language, total } = parameters;
  const { weights, gradients, moments, activationsPerExample } = memoryBytes;
  const hours = arms.map((arm) => arm.hours);
  const [least, most] = [Math.min(...hours), Math.max(...hours)];
  const each = least === most ? hoursText(most) : `${hoursText(least)} to ${hoursText(most)}`;
  const verdict = warnings.length === 0 ? 'within' : 'over';
  return logLines([
    `${suite}: ${title} (paper scale; it can be planned and not yet trained)`,
    row('model', notes.model),
    row(
      'parameters',
      `${quantityText(total)} (vision ${quantityText(vision)}, connector ${quantityText(connector)}, language ${quantityText(language)})`,
    ),
    row('images', `${plan.patchesPerImage} patches, ${plan.visualTokensPerImage} visual tokens each`),
    row('recipe', notes.recipe),
    row(
      'hardware',
      `${hardware.count} × ${hardware.gpu}, ${hardware.peakTeraflops} TFLOP/s each at ${percent(hardware.utilisation)}. ${notes.hardware}`,
    ),
    row(
      'memory',
      `${quantityText(weights, 'B')} weights, ${quantityText(gradients, 'B')} gradients, ${quantityText(moments, 'B')} moments and ${quantityText(activationsPerExample, 'B')} activations of each example on each device, ${quantityText(memoryBytes.total, 'B')} with one`,
    ),
    row('one run', `${each}: ${verdict} the budget of ${hardware.budgetHours} h`),
    row(
      'all runs',
      `${arms.length} arms × ${seeds.length} seeds = ${totals.runs} runs, ${quantityText(totals.trainingFlops, 'FLOP')}, ${hoursText(totals.hours)} one after the other, with nothing shared; ${Math.round(totals.deviceHours)} GPU-hours`,
    ),
    row('by slurm', `${totals.runs} jobs of ${hardware.count} devices in one wave, seed by seed`),
    ...arms.flatMap(({ arm, stages, trainingFlops, hours: ofArm, budgetPassedAt: passed }) => [
      `  ${arm}: ${quantityText(trainingFlops, 'FLOP')}, ${hoursText(ofArm)}${passed === null ? '' : `; the budget is passed after step ${passed.step} of ${passed.stage}`}`,
      ...stages.map(
        (stage) =>
          `    ${stage.name}: ${stage.steps} steps, ${quantityText(stage.examples)} examples of ${stage.sequenceLength} tokens, ` +
          `${quantityText(stage.forwardFlops + stage.backwardFlops, 'FLOP')}, ${hoursText(stage.hours)}, trains ${stage.trainable.join(', ')}`,
      ),
    ]),
    ...warnings.map((warning) => `  warning: ${warning}`),
    '',
  ]);
}

const row = (name: string, text: string): string => `  ${name.padEnd(14)}${text}`;
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const hoursText = (hours: number): string => `${hours.toFixed(hours < 10 ? 2 : 1)} h`;
