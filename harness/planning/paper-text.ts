/** The plan of a paper scale as text for the terminal. */
import { logLines } from '../log-text.js';
import { isShort, type PaperPlan, type PaperStage } from './paper-plan.js';
import { quantityText } from './quantities.js';

export function paperText(plan: PaperPlan): string {
  const { suite, title, notes, parameters, hardware, arms, seeds, totals, warnings } = plan;
  const { vision, connector, language, total } = parameters;
  const hours = arms.map((arm) => arm.hours);
  const [least, most] = [Math.min(...hours), Math.max(...hours)];
  const each = least === most ? hoursText(most) : `${hoursText(least)} to ${hoursText(most)}`;
  const verdict = warnings.length === 0 ? 'within' : 'over';
  return logLines([
    `${suite}: ${title} (paper scale)`,
    row('model', notes.model),
    ...(plan.weights === undefined
      ? []
      : [row('weights', `${plan.weights.vision} and ${plan.weights.language}, by --weights`)]),
    row(
      'parameters',
      `${quantityText(total)} (vision ${quantityText(vision)}, connector ${quantityText(connector)}, language ${quantityText(language)})`,
    ),
    row('images', `${plan.patchesPerImage} patches, ${plan.visualTokensPerImage} visual tokens each`),
    row('recipe', notes.recipe),
    row(
      'hardware',
      `${hardware.count} × ${hardware.gpu}, ${hardware.peakTeraflops} TFLOP/s each at ${percent(hardware.utilisation)} (${plan.rateFrom}). ${notes.hardware}`,
    ),
    ...memoryRows(plan),
    row('one run', `${each}: ${verdict} the budget of ${hardware.budgetHours} h`),
    row(
      'all runs',
      `${arms.length} arms × ${seeds.length} seeds = ${totals.runs} runs, ${quantityText(totals.trainingFlops, 'FLOP')}, ${hoursText(totals.hours)} one after the other, with nothing shared; ${Math.round(totals.deviceHours)} GPU-hours`,
    ),
    row('by slurm', `${totals.runs} jobs of ${hardware.count} devices in one wave, seed by seed`),
    ...arms.flatMap(({ arm, stages, trainingFlops, hours: ofArm, hoursOn, budgetPassedAt: passed }) => [
      `  ${arm}: ${quantityText(trainingFlops, 'FLOP')}, ${hoursText(ofArm)} (${hoursOn.map((on) => `${hoursText(on.hours)} on ${on.devices}`).join(', ')})${passed === null ? '' : `; the budget is passed after step ${passed.step} of ${passed.stage}`}`,
      ...stages.map(
        (stage) =>
          `    ${stage.name}: ${stage.steps} steps, ${quantityText(stage.examples)} examples${learntFrom(stage)}, ${Math.round(stage.sequenceLength)} tokens each (${stage.texts.tokensFrom === 'data' ? 'counted in the data' : 'assumed'}), ${quantityText(stage.tokens)} tokens, ` +
          `${quantityText(stage.forwardFlops + stage.backwardFlops, 'FLOP')}, ${hoursText(stage.hours)}, trains ${stage.trainable.join(', ')}`,
      ),
    ]),
    ...warnings.map((warning) => `  warning: ${warning}`),
    '',
  ]);
}

function memoryRows({
  memoryBytes,
  memoryChoices,
  examplesPerPass,
  hardware,
  precision,
  shardedOver,
}: PaperPlan): readonly string[] {
  const bytes = (value: number) => quantityText(value, 'B');
  const { weights, masterWeights, gradients, moments, activations, logits, total } = memoryBytes;
  const { activationsKept, activationsCheckpointed, logitsWhole, logitsInChunks } = memoryChoices;
  const of = hardware.memoryGigabytes === undefined ? '' : ` of ${hardware.memoryGigabytes} GB`;
  const fixed = `${bytes(weights)} weights ${isShort(precision) ? 'in 16 bits' : 'that do not learn'}, ${bytes(masterWeights)} in float32, ${bytes(gradients)} gradients, ${bytes(moments)} moments`;
  const divided = isShort(precision) ? 'float32 weights and moments' : 'moments';
  return [
    row(
      'memory',
      `${fixed}, ${bytes(activations)} activations and ${bytes(logits)} logits on each device: ${bytes(total)}${of}`,
    ),
    row(
      '',
      `with ${examplesPerPass} in a pass: activations ${bytes(activationsKept)} kept, ${bytes(activationsCheckpointed)} computed again;`,
    ),
    row('', `logits ${bytes(logitsWhole)} whole, ${bytes(logitsInChunks)} in chunks`),
    ...(shardedOver === 1 ? [] : [row('', `${divided} are divided over ${shardedOver} devices`)]),
  ];
}

function learntFrom({ data, examples, texts }: PaperStage): string {
  if (data === undefined) return '';
  if (texts.examples === null) return ` of ${data}`;
  const epochs = (examples / texts.examples).toFixed(2);
  return ` of ${data} (${epochs} epochs of ${quantityText(texts.examples)}, by the ${texts.examplesFrom})`;
}

const row = (name: string, text: string): string => `  ${name.padEnd(14)}${text}`;
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const hoursText = (hours: number): string => `${hours.toFixed(hours < 10 ? 2 : 1)} h`;
