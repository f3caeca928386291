/**
 * AdamW on libtorch: moments, the count of updates, the flag of a bad step and the scale of float16 losses are tensors on the device, and
 * an update reads none of them. Moments are keyed by parameter name, as in checkpoints of every engine.
 */
import type { TensorSource, TensorSources } from '../checkpoint/tensor-file.js';
import { type Handle, type TorchAddon, TorchType } from '../engines/torch/addon.js';
import type { Part } from '../model/config.js';
import type { Ranks } from '../ranks/ranks.js';
import type { Optimizer } from '../recipe/recipe.js';
import { type DividedSave, type DividedTensors, readShare } from './divided-tensors.js';
import type { LearningRates } from './learner.js';

/** A parameter that learns: a leaf of libtorch's autograd, updated in place. */
export interface TorchParameter {
  readonly name: string;
  readonly part: Part;
  readonly decay: boolean;
  readonly shape: readonly number[];
  readonly handle: Handle;
  /** What of it this rank updates, in float32, where that is not all of it. */
  readonly share?: Handle;
}

interface Moments {
  readonly first: Handle;
  readonly second: Handle;
  /** Of the whole parameter, of which they may be those of a share. */
  readonly shape: readonly number[];
}

/** What is known of an update, on the device; the reader frees both. */
export interface TorchUpdate {
  /** Norm of the gradients before clipping, []. */
  readonly norm: Handle;
  /** 1 where nothing was changed, []. */
  readonly bad: Handle;
}

const FIRST = 'first_moment:';
const SECOND = 'second_moment:';
const LOSS_SCALE = 'loss_scale';

/** Micikevicius et al. 2018 (arXiv 1710.03740, §3.2), with the numbers of PyTorch's GradScaler. */
const INITIAL_SCALE = 65_536;
const GROWTH_INTERVAL = 2000;

export class TorchAdamW {
  readonly #torch: TorchAddon;
  readonly #options: Optimizer;
  readonly #moments = new Map<string, Moments>();
  readonly #updates: Handle;
  readonly #stopped: Handle;
  readonly #goodSteps: Handle;
  readonly #dividedBy: Ranks | undefined;
  /** Factor on float16 losses, []; 0 for other precisions. */
  readonly lossScale: Handle;

  /** @param dividedBy ranks of which each updates its share of every parameter, and keeps the moments of that alone */
  constructor(
    torch: TorchAddon,
    options: Optimizer,
    { scalesLoss, dividedBy }: { readonly scalesLoss: boolean; readonly dividedBy?: Ranks | undefined },
  ) {
    this.#dividedBy = dividedBy;
    this.#torch = torch;
    this.#options = options;
    const scalar = (value: number, type: TorchType = TorchType.float32): Handle => torch.full([], value, type);
    this.#updates = scalar(0);
    this.#stopped = scalar(0);
    this.#goodSteps = scalesLoss ? scalar(0, TorchType.int32) : 0;
    this.lossScale = scalesLoss ? scalar(INITIAL_SCALE) : 0;
  }

  /** Clips the gradients by their global norm, updates the parameters, and forgets the gradients. */
  update(parameters: readonly TorchParameter[], rates: LearningRates): TorchUpdate {
    const torch = this.#torch;
    const updated = parameters.map(updatedOf);
    const isDivided = this.#dividedBy !== undefined;
    const [norm, divisor, bad] = torch.beginUpdate(
      updated,
      this.#updates,
      this.#stopped,
      this.lossScale,
      this.#goodSteps,
      this.#options.clipNorm,
      GROWTH_INTERVAL,
      isDivided,
    );
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    for (const group of groupsOf(parameters)) {
      const [{ part, decay }] = group as [TorchParameter];
      const moments = group.map((parameter) => this.#momentsOf(parameter));
      torch.adamW(
        group.map(updatedOf),
        moments.map(({ first }) => first),
        moments.map(({ second }) => second),
        this.#updates,
        divisor,
        bad,
        rates[part] ?? 0,
        beta1,
        beta2,
        decay ? weightDecay : 0,
        epsilon,
      );
    }
    torch.clearGradients(updated);
    if (isDivided && updated.length > 0) {
      torch.gatherShares(
        parameters.map(({ handle }) => handle),
        updated,
      );
    }
    torch.free(divisor);
    return { norm, bad };
  }

  #momentsOf(parameter: TorchParameter): Moments {
    const { name, shape } = parameter;
    const known = this.#moments.get(name);
    if (known !== undefined) return known;
    const zeros = (): Handle => this.#torch.zerosLike(updatedOf(parameter));
    const fresh = { first: zeros(), second: zeros(), shape };
    this.#moments.set(name, fresh);
    return fresh;
  }

  /** Lets updates change parameters again after a bad one. */
  goOn(): void {
    this.#set(this.#stopped, 0);
  }

  /** Updates made since the moments were zero; waits for the device. */
  readUpdates(): number {
    return this.#read(this.#updates);
  }

  readLossScale(): number {
    return this.#read(this.lossScale);
  }

  #read(scalar: Handle): number {
    return this.#torch.download(scalar)[0]!;
  }

  #set(scalar: Handle, value: number, type: TorchType = TorchType.float32): void {
    const values = this.#torch.full([], value, type);
    this.#torch.overwrite(scalar, values);
    this.#torch.free(values);
  }

  /** All moments by the names that they are saved under. */
  #named(): DividedTensors {
    return new Map(
      [...this.#moments].flatMap(([name, { first, second, shape }]) => [
        [FIRST + name, { share: first, shape }],
        [SECOND + name, { share: second, shape }],
      ]),
    );
  }

  /** Moments of which this rank has its share alone. */
  divided(): DividedTensors {
    return this.#dividedBy === undefined ? new Map() : this.#named();
  }

  /**
   * The moments, each read from the device when it is written, and the scale of losses with the steps since it changed.
   * @param save brings those together that are divided
   */
  sources(save?: DividedSave): TensorSources {
    const sources = [...this.#named()].map(([name, { share, shape }]): readonly [string, TensorSource] => [
      name,
      save?.source(name) ?? { dtype: 'F32', shape, read: () => this.#torch.download(share) as Float32Array },
    ]);
    const scale: TensorSource = {
      dtype: 'F32',
      shape: [2],
      read: () => Float32Array.of(this.readLossScale(), this.#read(this.#goodSteps)),
    };
    return new Map(this.lossScale === 0 ? sources : [...sources, [LOSS_SCALE, scale] as const]);
  }

  /** Continues from the moments of a checkpoint, of whichever engine, taken after so many updates. */
  restore(moments: TensorSources, updates: number): void {
    this.reset();
    const upload = (source: TensorSource): Handle => {
      const { shape, read } = source;
      if (this.#dividedBy === undefined) return this.#torch.upload(read() as Float32Array, shape, TorchType.float32);
      const share = readShare(source, this.#dividedBy);
      return this.#torch.upload(share, [share.length], TorchType.float32);
    };
    for (const [key, source] of moments) {
      if (!key.startsWith(FIRST)) continue;
      const name = key.slice(FIRST.length);
      const second = upload(moments.get(SECOND + name)!);
      this.#moments.set(name, { first: upload(source), second, shape: source.shape });
    }
    this.#set(this.#updates, updates);
    const scale = moments.get(LOSS_SCALE)?.read();
    if (scale === undefined || this.lossScale === 0) return;
    this.#set(this.lossScale, scale[0]!);
    this.#set(this.#goodSteps, scale[1]!, TorchType.int32);
  }

  /** Forgets moments and updates; the scale of losses goes on. */
  reset(): void {
    for (const { first, second } of this.#moments.values()) {
      this.#torch.free(first);
      this.#torch.free(second);
    }
    this.#moments.clear();
    this.#set(this.#updates, 0);
    this.goOn();
  }

  dispose(): void {
    this.reset();
    for (const handle of [this.#updates, this.#stopped, this.#goodSteps, this.lossScale]) this.#torch.free(handle);
  }
}

const updatedOf = ({ handle, share }: TorchParameter): Handle => share ?? handle;

/** Parameters that share learning rate and decay: each group is one call. */
function groupsOf(parameters: readonly TorchParameter[]): readonly (readonly TorchParameter[])[] {
  const groups = new Map<string, TorchParameter[]>();
  for (const parameter of parameters) {
    const key = `${parameter.part} ${parameter.decay}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [parameter]);
    else group.push(parameter);
  }
  return [...groups.values()];
}
