/**
 * Which rank this process is, as `torchrun`, a batch script of `srun` and PyTorchJob say it: by the environment variables of PyTorch's
 * `env://` (https://docs.pytorch.org/docs/stable/distributed.html#environment-variable-initialization).
 */
import { EngineError } from '../engine-error.js';

export interface RankPlace {
  readonly rank: number;
  /** Among those of this machine; the number of the GPU. */
  readonly localRank: number;
  readonly count: number;
  /** Where rank 0 keeps what all share, or torchrun's agent does. */
  readonly host: string;
  readonly port: number;
  readonly hostsStore: boolean;
  /** Begins all keys: restarts by torchrun's agent find the store of the attempt before. */
  readonly prefix: string;
}

/** @returns nothing where this process is alone @throws EngineError `engine-unavailable` for variables that are missing or wrong */
export function rankPlace(environment: NodeJS.ProcessEnv = process.env): RankPlace | undefined {
  const {
    RANK,
    WORLD_SIZE,
    MASTER_ADDR: host,
    TORCHELASTIC_RUN_ID: job,
    TORCHELASTIC_RESTART_COUNT: attempt,
  } = environment;
  // Some schedulers number the processes of every job; without a size nobody meant a group.
  if (RANK === undefined || WORLD_SIZE === undefined) return undefined;
  const count = wholeNumber('WORLD_SIZE', environment, { least: 1, most: 65_536 });
  if (count === 1) return undefined;
  const rank = wholeNumber('RANK', environment, { least: 0, most: count - 1 });
  const { LOCAL_RANK } = environment;
  const localRank =
    LOCAL_RANK === undefined ? 0 : wholeNumber('LOCAL_RANK', environment, { least: 0, most: count - 1 });
  if (host === undefined || host === '') throw wrong('MASTER_ADDR is not set', 'the address of the machine of rank 0');
  const port = wholeNumber('MASTER_PORT', environment, { least: 1, most: 65_535 });
  const isAgents = environment.TORCHELASTIC_USE_AGENT_STORE === 'True';
  const prefix = ['vlm-bench', job ?? '', attempt ?? ''].join('/');
  return { rank, localRank, count, host, port, hostsStore: rank === 0 && !isAgents, prefix };
}

function wholeNumber(
  name: string,
  environment: NodeJS.ProcessEnv,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const text = environment[name];
  const value = Number(text);
  if (text !== undefined && /^\d{1,6}$/.test(text) && value >= least && value <= most) return value;
  const found = text === undefined ? 'is not set' : `is ${JSON.stringify(text)}`;
  throw wrong(`${name} ${found}`, `a whole number from ${least} to ${most}`);
}

function wrong(problem: string, expected: string): EngineError {
  const reason = `RANK and WORLD_SIZE say that this process is one of several, but ${problem}, not ${expected}.`;
  const remedy = 'Start the ranks with torchrun, srun or --devices, or unset these variables.';
  return new EngineError({ code: 'engine-unavailable', engine: 'torch', reason, remedy });
}
