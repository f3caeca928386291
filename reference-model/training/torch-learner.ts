/**
 * The learner of the engine `torch`: the forward pass runs with tfjs's tape off, and libtorch's autograd records it. Parameters are
 * leaves in float32 that are updated in place; for 16-bit precision a copy is cast once a step, and parts that do not learn keep the
 * copy alone. Where ranks divide the optimizer among themselves, each keeps its share of the float32 weights, and leaves have 16 bits.
 * Nothing is read from the device before it is settled.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { CheckpointOwner } from '../checkpoint/checkpoint-folder.js';
import { parameterSources } from '../checkpoint/load-parameters.js';
import type { TensorSources } from '../checkpoint/tensor-file.js';
import { type Handle, TorchType } from '../engines/torch/addon.js';
import type { TorchBackend } from '../engines/torch/backend.js';
import type { ActiveTorch } from '../engines/torch/engine.js';
import { rankErrorOf } from '../engines/torch/torch-ranks.js';
import type { Part } from '../model/config.js';
import type { Model } from '../model/model.js';
import { type Parameter, tensorOf } from '../model/parameters.js';
import { ALONE, type Ranks } from '../ranks/ranks.js';
import { DividedSave } from './divided-tensors.js';
import { GradientReduction } from './gradient-reduction.js';
import type { Learner, LearnerOptions, LearningRates, SettledStep, StepPlace } from './learner.js';
import { StepJournal } from './step-journal.js';
import { TorchAdamW, type TorchParameter, type TorchUpdate } from './torch-optimizer.js';
import { TorchSegments } from './torch-segments.js';
import { WeightShares } from './weight-shares.js';

/** A step whose numbers lie on the device still. */
interface PendingStep extends StepPlace, TorchUpdate {
  readonly losses: readonly Handle[];
}

/** A scale below this means that gradients overflow whatever is done. */
const LEAST_LOSS_SCALE = 1;

export class TorchLearner implements Learner {
  readonly model: Model;
  readonly #backend: TorchBackend;
  readonly #optimizer: TorchAdamW;
  readonly #segments: TorchSegments;
  readonly #recomputes: boolean;
  readonly #journal: StepJournal<PendingStep>;
  readonly #ranks: Ranks;
  /** Whether sums over ranks are queued on a GPU, where nothing but what reads them waits for them. */
  readonly #sumsOnGpu: boolean;
  /** Where several ranks learn together. */
  readonly #reduction: GradientReduction | undefined;
  /** What several ranks divide among themselves, if they do. */
  readonly #divided: { readonly weights: WeightShares; readonly save: DividedSave } | undefined;
  /** What the forward pass multiplies with, where that is not float32. */
  readonly #shortType: TorchType | undefined;
  readonly #shadows = new Map<string, tf.Tensor>();
  #learning: ReadonlyMap<string, TorchParameter> = new Map();
  #recording = false;
  #inferenceDepth = 0;
  #losses: Handle[] = [];

  constructor({ model, optimizer, shardBytes, ranks = ALONE }: LearnerOptions, { backend, settings }: ActiveTorch) {
    const { precision, checkpointing } = settings;
    this.#backend = backend;
    this.#ranks = ranks;
    this.#sumsOnGpu = ranks.count > 1 && settings.device !== 'cpu';
    this.#shortType = precision === 'bfloat16' || precision === 'float16' ? TorchType[precision] : undefined;
    const isDivided = ranks.count > 1 && settings.shardOptimizer;
    this.#optimizer = new TorchAdamW(backend.torch, optimizer, {
      scalesLoss: precision === 'float16',
      dividedBy: isDivided ? ranks : undefined,
    });
    if (isDivided) {
      const weights = new WeightShares(backend.torch, this.#shortType !== undefined);
      const tensors = () => new Map([...weights.masters(), ...this.#optimizer.divided()]);
      this.#divided = { weights, save: new DividedSave(backend.torch, ranks, tensors) };
    }
    this.#segments = new TorchSegments(backend);
    this.#recomputes = checkpointing !== 'none';
    this.#reduction = ranks.count === 1 ? undefined : new GradientReduction(backend.torch);
    this.#journal = new StepJournal({
      model,
      optimizer: {
        readUpdates: () => this.#optimizer.readUpdates(),
        sources: () => this.#optimizer.sources(this.#divided?.save),
        restore: (moments, updates) => this.#optimizer.restore(moments, updates),
      },
      weights: () => this.#weightSources(),
      shardBytes,
      read: (step) => this.#read(step),
      free: ({ losses, norm, bad }) => {
        for (const handle of [...losses, norm, bad]) backend.torch.free(handle);
      },
      onDiverged: () => this.#optimizer.goOn(),
    });
    this.model = {
      ...model,
      weights: (name) => this.#weights(name),
      segment: (hidden, context, block) =>
        this.#recording && this.#recomputes && this.#inferenceDepth === 0
          ? this.#segments.run(hidden, (given) => block(given, context))
          : tf.tidy(() => block(hidden, context)),
      inference: (body) => this.#inference(body),
    };
  }

  enterStage(trainable: readonly Part[], { resumed = false }: { readonly resumed?: boolean } = {}): void {
    this.#dropShadows();
    const parameters = [...this.model.parameters.values()];
    const learners = new Set(parameters.flatMap(({ name, part }) => (trainable.includes(part) ? [name] : [])));
    this.#divided?.weights.keep(learners);
    const learning = new Map<string, TorchParameter>();
    for (const parameter of parameters) {
      const { name, part, decay, variable } = parameter;
      const { shape } = variable;
      const learns = learners.has(name);
      const share = learns ? this.#divided?.weights.of(name, this.#backend.handleOf(variable), shape) : undefined;
      const isWhole = learns && share === undefined;
      if (this.#shortType !== undefined) this.#store(parameter, isWhole ? TorchType.float32 : this.#shortType);
      const handle = this.#backend.handleOf(variable);
      this.#backend.torch.requireGradient(handle, learns);
      if (learns) learning.set(name, { name, part, decay, shape, handle, ...(share === undefined ? {} : { share }) });
    }
    this.#learning = learning;
    this.#reduction?.watch([...learning.values()]);
    if (!resumed) this.#optimizer.reset();
  }

  backward(loss: () => tf.Scalar, { isLast = false }: { readonly isLast?: boolean } = {}): void {
    const { torch } = this.#backend;
    this.#recording = true;
    this.#reduction?.beginPass();
    try {
      tf.tidy(() => {
        const value = this.#backend.handleOf(loss());
        this.#losses.push(torch.detach(value));
        if (isLast) this.#reduction?.arm(this.#recomputes);
        namingRanks(() => {
          this.#backwardFrom(value);
          this.#segments.backward();
        });
      });
    } finally {
      this.#recording = false;
      this.#segments.reset();
    }
  }

  #backwardFrom(loss: Handle): void {
    const { torch } = this.#backend;
    const { lossScale } = this.#optimizer;
    // A loss that depends on nothing that learns has no gradients to add.
    if (!torch.needsGradient(loss)) return;
    if (lossScale === 0) {
      torch.backward(loss, 0);
      return;
    }
    const scaled = torch.mul(loss, lossScale);
    torch.backward(scaled, 0);
    torch.free(scaled);
  }

  update(rates: LearningRates, place: StepPlace): void {
    if (this.#reduction !== undefined) this.#losses = [this.#reduction.finish(this.#losses)];
    // Where it is divided, ranks wait for each other here as well.
    const update = namingRanks(() => this.#optimizer.update([...this.#learning.values()], rates));
    this.#dropShadows(this.#learning.keys());
    this.#journal.add({ ...place, ...update, losses: this.#losses });
    this.#losses = [];
  }

  settle(): readonly SettledStep[] {
    if (this.#journal.pending.length > 0) this.#meet();
    return this.#journal.settle();
  }

  /** Reading from a GPU waits without end for sums that a rank which is gone takes no part in; here ranks give it up. */
  #meet(): void {
    if (this.#sumsOnGpu) this.#ranks.sum([0]);
  }

  async save(folder: string, owner: CheckpointOwner): Promise<void> {
    this.#journal.save(folder, owner);
  }

  /** Masters stand for the parameters that they are rounded to. */
  #weightSources(): TensorSources {
    const { weights, save } = this.#divided ?? {};
    const masters = [...(weights?.masters().keys() ?? [])].map((name) => [name, save!.source(name)] as const);
    return new Map([...parameterSources(this.model.parameters), ...masters]);
  }

  attendSave(step: number): void {
    this.#divided?.save.attend();
    this.#journal.noteCheckpoint(step);
  }

  complete(): void {
    const { weights } = this.#divided ?? {};
    if (weights === undefined) return;
    this.#reduction?.stop();
    this.#optimizer.reset();
    namingRanks(() => {
      for (const [name, { shape }] of weights.masters()) {
        const whole = this.#tensor(weights.whole(name), shape);
        this.model.parameters.get(name)!.variable.assign(whole);
        whole.dispose();
      }
    });
    weights.clear();
    this.#learning = new Map();
  }

  async restore(folder: string): Promise<CheckpointOwner> {
    this.#dropShadows();
    this.#divided?.weights.clear();
    return this.#journal.restore(folder);
  }

  dispose(): void {
    const { torch } = this.#backend;
    this.#dropShadows();
    this.#reduction?.stop();
    torch.clearGradients([...this.#learning.values()].map(({ handle }) => handle));
    this.#divided?.weights.clear();
    for (const { variable } of this.model.parameters.values()) {
      if (!variable.isDisposed) torch.requireGradient(this.#backend.handleOf(variable), false);
    }
    this.#journal.dispose();
    for (const handle of this.#losses) torch.free(handle);
    this.#learning = new Map();
    this.#losses = [];
    this.#optimizer.dispose();
  }

  #weights(name: string): tf.Tensor {
    const parameter = tensorOf(this.model.parameters, name);
    const learning = this.#learning.get(name);
    if (learning !== undefined) {
      this.#segments.noteLearning();
      this.#reduction?.noteUse(name);
    }
    if (this.#shortType === undefined || learning === undefined || learning.share !== undefined) return parameter;
    const known = this.#shadows.get(name);
    if (known !== undefined) return known;
    const handle = this.#backend.torch.shadow(learning.handle, this.#shortType);
    const shadow = tf.keep(this.#tensor(handle, parameter.shape));
    this.#shadows.set(name, shadow);
    return shadow;
  }

  /** A tensor of tfjs that owns the handle. */
  #tensor(handle: Handle, shape: readonly number[]): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.#backend.wrap(handle, shape), this.#backend);
  }

  #dropShadows(names: Iterable<string> = [...this.#shadows.keys()]): void {
    for (const name of names) {
      this.#shadows.get(name)?.dispose();
      this.#shadows.delete(name);
    }
  }

  /** Keeps a parameter in another precision. */
  #store({ variable }: Parameter, type: TorchType): void {
    const cast = this.#tensor(this.#backend.torch.storedAs(this.#backend.handleOf(variable), type), variable.shape);
    variable.assign(cast);
    cast.dispose();
  }

  #inference<Result extends tf.TensorContainer>(body: () => Result): Result {
    const { torch } = this.#backend;
    this.#inferenceDepth += 1;
    torch.setGradients(false);
    try {
      return tf.tidy(body);
    } finally {
      this.#inferenceDepth -= 1;
      torch.setGradients(this.#inferenceDepth === 0);
    }
  }

  #read({ losses, norm, bad }: PendingStep): Omit<SettledStep, 'step'> {
    const value = (handle: Handle): number => this.#backend.torch.download(handle)[0]!;
    const loss = losses.reduce((sum, part) => sum + value(part), 0);
    const gradientNorm = value(norm);
    const isSkipped = this.#optimizer.lossScale !== 0 && value(bad) !== 0;
    // The norm of a step that overflowed is no number; it is told where no scale can help.
    if (!isSkipped || this.#optimizer.readLossScale() < LEAST_LOSS_SCALE) return { loss, gradientNorm };
    return { loss, gradientNorm: 0, skipped: true };
  }
}

/** Says by a RankError which rank made the addon fail, where one did. */
function namingRanks<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw rankErrorOf(error) ?? error;
  }
}
