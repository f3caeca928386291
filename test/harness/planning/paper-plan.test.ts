import { describe, expect, test } from 'vitest';
import { deviceProblems } from '../../../harness/planning/paper-needs.js';
import { measuredPaperPlan, paperPlan } from '../../../harness/planning/paper-plan.js';
import { paperText } from '../../../harness/planning/paper-text.js';
import { readNamedSuite } from '../../../harness/suite/find-suite.js';
import { parameterSpecifications } from '../../../reference-model/model/parameters.js';
import { firstVersion } from '../../fixtures/first-version.js';

const suite = firstVersion('finding-1');
const paper = suite.scales.paper!;
const withPaper = (changed: typeof paper) => ({ ...suite, scales: { ...suite.scales, paper: changed } });

describe('the paper scale', () => {
  const plan = paperPlan(suite, {});

  test('has the parameters of its backbones', () => {
    // Published sizes: the vision tower of SigLIP-so400m without its pooling head 0.41 B, Qwen2.5-0.5B 494,032,768 weights.
    expect(plan.parameters.language).toBe(494_032_768);
    expect(plan.parameters.vision / 1e9).toBeCloseTo(0.41, 2);
    expect(plan.parameters.total / 1e9).toBeGreaterThan(0.88);
    expect(plan.parameters.total / 1e9).toBeLessThan(0.95);
  });

  test('has 729 patches, and one visual token for nine of them', () => {
    expect([plan.patchesPerImage, plan.visualTokensPerImage]).toEqual([729, 81]);
    const plain = withPaper({ ...paper, model: { ...paper.model, connector: { pixelShuffle: 1 } } });
    expect(paperPlan(plain, {}).visualTokensPerImage).toBe(729);
  });

  test('costs about six operations per weight and token where all is trained, two where it only runs', () => {
    const { vision, connector, language } = plan.parameters;
    const words = paper.model.language.vocabularySize * paper.model.language.hiddenSize;
    for (const stage of plan.arms[0]!.stages) {
      const described = paper.recipe.stages.find(({ name }) => name === stage.name)!;
      const products =
        stage.examples *
        (vision * plan.patchesPerImage +
          connector * plan.visualTokensPerImage +
          (language - words) * stage.sequenceLength +
          words * described.answerTokensPerExample);
      // Attention comes on top: 4·T²·width per layer, some 15 % over the 729 patches.
      expect(stage.forwardFlops / (2 * products)).toBeGreaterThan(1);
      expect(stage.forwardFlops / (2 * products)).toBeLessThan(1.2);
      if (stage.trainable.length === 3) expect(stage.backwardFlops / stage.forwardFlops).toBeCloseTo(2, 1);
      else expect(stage.backwardFlops).toBeLessThan(1.9 * stage.forwardFlops);
    }
    const [connectorOnly] = plan.arms[0]!.stages;
    // The frozen vision encoder, the larger part of this stage, has no backward pass.
    expect(connectorOnly!.backwardFlops).toBeLessThan(0.5 * connectorOnly!.forwardFlops);
  });

  test('takes its operations over what the hardware does per hour, and fits the budget of the abstract', () => {
    const perHour = 8 * 312e12 * 0.35 * 3600;
    for (const { stages, trainingFlops, hours, withinBudget } of plan.arms) {
      expect(hours).toBeCloseTo(trainingFlops / perHour, 9);
      expect(stages.reduce((sum, stage) => sum + stage.hours, 0)).toBeCloseTo(hours, 9);
      expect(withinBudget).toBe(hours <= 12);
    }
    expect(plan.totals.runs).toBe(plan.arms.length * plan.seeds.length);
    expect(plan.totals.hours).toBeCloseTo(plan.seeds.length * plan.arms.reduce((sum, { hours }) => sum + hours, 0), 9);
    expect(plan.warnings).toEqual([]);
  });

  test('warns for each arm that is over the budget', () => {
    const slow = paperPlan(withPaper({ ...paper, hardware: { ...paper.hardware, count: 1, utilisation: 0.1 } }), {});
    expect(slow.warnings).toHaveLength(slow.arms.length);
    expect(slow.arms[0]!.hours).toBeCloseTo(plan.arms[0]!.hours * 8 * 3.5, 6);
  });

  test('gives an arm more steps where it has more at the embedded scale', () => {
    const { arms } = paperPlan(firstVersion('finding-3'), { seeds: 2 });
    const steps = Object.fromEntries(arms.map(({ arm, stages }) => [arm, stages[0]!.steps]));
    expect(steps.none).toBe(0);
    expect(steps.half! / steps.quarter!).toBeCloseTo(3, 2);
    expect(new Set(arms.map(({ stages }) => stages.at(-1)!.steps)).size).toBe(1);
  });

  test('holds weights in 16 bits and in float32, and gradients and two moments in float32', () => {
    const { weights, masterWeights, gradients, moments } = plan.memoryBytes;
    const parts = [weights, masterWeights, gradients, moments];
    expect(parts.map((bytes) => bytes / plan.parameters.total)).toEqual([2, 4, 4, 8]);
  });

  test('has exactly the weights of SigLIP-so400m, counted from its published total', () => {
    // 877,960,498 is the total of google/siglip-so400m-patch14-384; what is left without the text tower and the pooling head is the encoder.
    const [width, inner, layers] = [1152, 4304, 27];
    const mlp = width * inner + inner + inner * width + width;
    const layer = 4 * (width * width + width) + mlp + 4 * width;
    const textTower = 32_000 * width + 64 * width + layers * layer + 2 * width + (width * width + width);
    const attention = 4 * (width * width + width);
    const poolingHead = width + attention + 2 * width + mlp;
    const [scale, bias] = [1, 1];
    expect(plan.parameters.vision).toBe(877_960_498 - textTower - poolingHead - scale - bias);
    const specified = parameterSpecifications(paper.model).filter(({ part }) => part === 'vision');
    expect(specified.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(
      plan.parameters.vision,
    );
    expect(plan.parameters.connector).toBe(9 * width * 896 + 896 + 896 * 896 + 896);
  });

  test('tells memory with and without recomputation, and logits whole and in chunks', () => {
    const { activationsKept, activationsCheckpointed, logitsWhole, logitsInChunks } = plan.memoryChoices;
    const { vision, language } = paper.model;
    const [examples, text, answer] = [paper.recipe.microBatchSize!, 260, 220];
    // Inputs of all blocks in 16 bits, and the inside of one block of 27 on top.
    const inputs =
      2 * examples * (vision.layers * 729 * vision.hiddenSize + language.layers * (81 + text) * language.hiddenSize);
    expect(activationsCheckpointed).toBeGreaterThan(inputs);
    expect(activationsCheckpointed).toBeLessThan(inputs + activationsKept / 20);
    expect(logitsWhole).toBe(8 * examples * answer * language.vocabularySize);
    expect(logitsInChunks).toBe(8 * 2 ** 25);
    const kept = paperPlan(withPaper({ ...paper, activationCheckpointing: 'none' }), {});
    expect(kept.memoryBytes.activations).toBe(activationsKept);
    expect(kept.memoryBytes.total - plan.memoryBytes.total).toBe(activationsKept - activationsCheckpointed);
    const small = withPaper({ ...paper, hardware: { ...paper.hardware, memoryGigabytes: 16 } });
    expect(paperPlan(small, {}).warnings.join()).toContain('A device needs');
  });

  test('needs on a device what the engine is set to, and tells what would need less', () => {
    const device = { name: 'the GPU 0', bytes: 24e9 };
    const set = { precision: 'bfloat16', checkpointing: 'none', devices: 1, shardOptimizer: false } as const;
    const needed = (settings: Partial<Record<keyof typeof set, unknown>>, on = { ...device, bytes: 0 }) => {
      const [problem] = deviceProblems(suite, on, { ...set, ...settings } as typeof set);
      return problem === undefined
        ? undefined
        : { bytes: Number.parseFloat(problem.expected!) * 1e9, fix: problem.fix };
    };
    const kept = needed({}, device)!;
    expect(kept.fix).toContain('--activation-checkpointing blocks');
    expect(needed({ checkpointing: 'blocks' }, device)).toBeUndefined();
    const short = needed({ checkpointing: 'blocks' })!;
    expect(short.fix).not.toMatch(/--activation-checkpointing|--precision/);
    // Without 16-bit copies, with activations twice as wide.
    const { activationsCheckpointed } = plan.memoryChoices;
    const wide = needed({ checkpointing: 'blocks', precision: 'float32' })!;
    expect(wide.fix).toContain('--precision bfloat16');
    expect((wide.bytes - short.bytes) / 1e9).toBeCloseTo(
      (activationsCheckpointed - 2 * plan.parameters.total) / 1e9,
      0,
    );
    // Of float32 weights and both moments, 12 bytes of each weight, a device keeps an eighth; in float32 of the moments alone.
    const sharded = needed({ checkpointing: 'blocks', devices: 8, shardOptimizer: true })!;
    expect((short.bytes - sharded.bytes) / 1e9).toBeCloseTo((plan.parameters.total * 12 * 7) / 8 / 1e9, 0);
    const wideSharded = needed({ checkpointing: 'blocks', precision: 'float32', devices: 8, shardOptimizer: true })!;
    expect((wide.bytes - wideSharded.bytes) / 1e9).toBeCloseTo((plan.parameters.total * 8 * 7) / 8 / 1e9, 0);
    expect(needed({ devices: 8 })!.fix).toContain('--shard-optimizer');
  });

  test('lies in the memory of one machine as often as processes share it', () => {
    const set = { precision: 'float32', checkpointing: 'none', devices: 4, shardOptimizer: false } as const;
    const on = (shared: boolean, devices: number) => {
      const [problem] = deviceProblems(suite, { name: 'this machine', bytes: 0, shared }, { ...set, devices });
      return { bytes: Number.parseFloat(problem!.expected!), problem: problem! };
    };
    expect(on(true, 4).bytes).toBeCloseTo(4 * on(false, 4).bytes, 0);
    expect(on(true, 4).problem.what).toMatch(/GB in 4 processes, and this machine has 0\.0$/);
    expect(on(true, 4).problem.fix).toContain('give fewer --devices');
    expect(on(true, 1).problem.fix).not.toContain('--devices');
  });

  test('takes a measured rate in place of the assumed one, and tells hours on one device and on eight', () => {
    const measured = paperPlan(suite, {}, { throughput: 156 });
    expect(measured.rateFrom).toBe('measured');
    expect(measured.arms[0]!.hours / plan.arms[0]!.hours).toBeCloseTo((0.35 * 312) / 156, 9);
    for (const { hours, hoursOn } of plan.arms)
      expect(hoursOn).toEqual([
        { devices: 1, hours: 8 * hours },
        { devices: 8, hours },
      ]);
  });

  test('counts an epoch over the share of the images that an arm draws', async () => {
    const { arms } = await measuredPaperPlan(readNamedSuite('finding-4'), { seeds: 2 }, {});
    const adapted = (arm: string) =>
      arms.find((cost) => cost.arm === arm)!.stages.find(({ name }) => name === 'adapt')!;
    // 19,654 questions are published; a twentieth of the images has as many on average.
    expect(adapted('staged.share-100').texts.examples).toBe(19_654);
    expect(adapted('staged.share-5').texts.examples).toBe(Math.round(19_654 / 20));
    expect(adapted('staged.share-5').examples).toBe(adapted('staged.share-100').examples);
  });

  test('learns the texts that an arm names, and on the data that is chosen', async () => {
    const [factor, level] = Object.entries(suite.factors).map(([id, { levels }]) => [id, Object.keys(levels)[0]!])[0]!;
    const asks = { recipe: { stages: { joint: { mixture: { questions: 1 } } } } };
    const changed = withPaper({ ...paper, factors: { [factor!]: { [level!]: asks } } });
    const { arms } = await measuredPaperPlan(changed, {}, {});
    const counts = arms.map(({ stages }) => stages.find(({ name }) => name === 'joint')!.texts.examples);
    // VQA v2 asks 443,757 questions about the training images of COCO 2014, which have 414,113 captions.
    expect(new Set(counts)).toEqual(new Set([443_757, 443_757 + 414_113]));

    const elsewhere = await measuredPaperPlan(suite, { dataSet: 'flickr8k' }, {});
    const last = (plan: typeof elsewhere) => plan.arms[0]!.stages.at(-1)!.data;
    expect([last(elsewhere), last(await measuredPaperPlan(suite, {}, {}))]).toEqual(['flickr8k', 'coco-karpathy']);
  });

  test('says that its numbers are a choice', () => {
    for (const note of Object.values(plan.notes)) expect(note).toMatch(/our choice/i);
    expect(paperText(plan)).toContain(plan.notes.model);
  });

  test('is refused for a suite that describes none', () => {
    const { paper: _, ...scales } = suite.scales;
    expect(() => paperPlan({ ...suite, scales }, {})).toThrow('describes no paper scale');
  });
});
