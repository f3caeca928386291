/**
 * What the harness needs of the reference model, as one interface: tests put a fast stand-in behind it, and the assembly of a run
 * reads without knowing how tensors are computed. `referenceModel` binds it to the real thing.
 */

import type { SavedWeights } from '../../reference-model/checkpoint/trained-weights.js';
import type { DataSet } from '../../reference-model/data/dataset.js';
import type { ImageProcessor } from '../../reference-model/data/pixels/processor.js';
import type { Engine, EngineName } from '../../reference-model/engines/engine.js';
import type { PredictionOptions, Predictions } from '../../reference-model/evaluation/predict.js';
import type { MaskFamily } from '../../reference-model/ops/attention-mask.js';
import type { LedRanks } from '../../reference-model/ranks/ranks.js';
import type { DataConfig, RunConfig } from '../../reference-model/recipe/recipe.js';
import type { TrainingJob } from '../../reference-model/training/train.js';
import type { PretrainedParts } from '../../reference-model/weights/pretrained-parts.js';

export type EngineChoice = EngineName | 'auto';

export interface DataSource extends DataConfig {
  readonly root?: string;
  /** Size to which photographs are resized; absent for what is held as pixels. What follows is for these only. */
  readonly side?: number;
  /** What makes them so; SigLIP's own by default. */
  readonly processor?: ImageProcessor;
  readonly declaration?: string;
  readonly workers?: number;
}

/**
 * The order of a trainer's calls matters for exact resumption: the events of a step (`step`, `validation`) come before
 * `saveCheckpoint` of that step, and between steps it lets pending messages in, so that a stop request is heard.
 */
export interface Machinery<Model = unknown> {
  /** @param masks those of all runs that are compared, where they are known */
  activateEngine(choice: EngineChoice, masks?: MaskFamily): Promise<Engine>;
  loadDataSet(source: DataSource): Promise<DataSet>;
  /** The fingerprint that `loadDataSet` would find, without loading where it is known beforehand. */
  dataFingerprint(source: DataSource): Promise<string>;
  /** Weights of the hub, none of them read yet. */
  openPretrained(folder: string): PretrainedParts;
  train(job: TrainingJob): Promise<Model>;
  /** @param pretrained how weights of the hub read, where the run started from them */
  predict(model: Model, config: RunConfig, data: DataSet, by?: PredictionOptions): Promise<Predictions>;
  /** The ranks that perform the runs of this process together; nothing where it performs them alone. */
  joinRanks?(choice: EngineChoice, signal?: AbortSignal): Promise<LedRanks | undefined>;
  /** Writes the final weights into the folder of a record. */
  saveWeights(model: Model, record: string): Promise<SavedWeights>;
  /** Frees what the model holds; the process goes on to other runs. */
  dispose(model: Model): void;
}
