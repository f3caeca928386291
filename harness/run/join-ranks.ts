/**
 * Makes this process a rank where a run is divided: as a launcher says by environment variables, or as the first of those that it starts
 * itself on this machine (`--devices`).
 */
import { createRequire } from 'node:module';
import { execaNode } from 'execa';
import { joinTorchRanks } from '../../reference-model/engines/torch/engine.js';
import { rankPlace } from '../../reference-model/engines/torch/rank-place.js';
import { torchSettings } from '../../reference-model/engines/torch/settings.js';
import type { TorchRanks } from '../../reference-model/engines/torch/torch-ranks.js';
import { activateEngine } from '../../reference-model/index.js';
import type { LedRanks } from '../../reference-model/ranks/ranks.js';
import { UserError } from '../errors.js';
import { codeVersion } from '../records/code-version.js';
import { requireAlikeStarts } from './alike-ranks.js';
import type { EngineChoice } from './machinery.js';
import type { RankOrder } from './rank-orders.js';

let joining: Promise<LedRanks> | undefined;

/**
 * @param signal asks this process to stop while it waits for the other ranks
 * @returns nothing where this process performs its runs alone
 * @throws UserError `usage` for an engine that cannot divide a run, RankError for a rank that does not come
 */
export async function joinRanks(choice: EngineChoice, signal?: AbortSignal): Promise<LedRanks | undefined> {
  if (rankPlace() === undefined && torchSettings().devices === 1) return undefined;
  joining ??= join(choice, signal);
  return joining;
}

async function join(choice: EngineChoice, signal: AbortSignal | undefined): Promise<LedRanks> {
  const { name, numerics } = await activateEngine(choice);
  if (name !== 'torch') throw needsTorch(name);
  const place = rankPlace();
  const ranks =
    place === undefined ? await startRanks(torchSettings().devices, signal) : await joinTorchRanks(place, { signal });
  const last: RankOrder = { type: 'end' };
  process.prependOnceListener('exit', () => (ranks.rank === 0 ? ranks.leave(last) : ranks.leave()));
  await requireAlikeStarts(ranks, {
    'vlm-bench': codeVersion().slice(0, 12),
    'engine numerics': numerics,
    'moments divided over ranks': torchSettings().shardOptimizer ? 'yes' : 'no',
  });
  return ranks;
}

/** Becomes rank 0 of as many processes as there are devices. */
async function startRanks(count: number, signal: AbortSignal | undefined): Promise<TorchRanks> {
  const host = '127.0.0.1';
  const entry = createRequire(import.meta.url).resolve('#package/dist/harness/run/rank-process.js');
  const onOpen = (ranks: TorchRanks, port: number): void => {
    for (let rank = 1; rank < count; rank++) {
      const started = execaNode(entry, [], {
        env: {
          RANK: String(rank),
          LOCAL_RANK: String(rank),
          WORLD_SIZE: String(count),
          MASTER_ADDR: host,
          MASTER_PORT: String(port),
        },
        nodeOptions: [],
        stdin: 'ignore',
        // Nothing of it is the result of a command.
        stdout: 2,
        stderr: 'inherit',
        buffer: false,
        reject: false,
        // It is told to end, and ends by itself when this process is gone.
        cleanup: false,
      });
      // Unless it is stopped, or hangs.
      process.once('exit', () => started.kill('SIGKILL'));
      started.unref();
      void started.then(({ exitCode, signal }) => {
        if (exitCode === 0) return;
        const how = signal === undefined ? `exit code ${exitCode ?? 'unknown'}` : `signal ${signal}`;
        const fix = 'see what it printed, then run the same command again: it goes on from the last checkpoint';
        ranks.blamed(rank, { what: `its process ended (${how})`, fix });
      });
    }
  };
  // Any free port will do: the others are told which.
  const place = { rank: 0, localRank: 0, count, host, port: 0, hostsStore: true, prefix: 'vlm-bench//' };
  return joinTorchRanks(place, { onOpen, signal });
}

function needsTorch(name: string): UserError {
  const problem = {
    code: 'usage',
    what: `the engine ${name} cannot divide a run among several processes`,
    expected: '--engine torch with --devices, or under torchrun, srun or PyTorchJob',
    fix: 'add --engine torch, or leave out --devices and start one process',
  } as const;
  return new UserError(problem, { exitCode: 2 });
}
