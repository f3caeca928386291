/** Starts ranks as processes of this machine, as torchrun would: each is told its place by environment variables. */
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';

const DRIVER = fileURLToPath(new URL('./rank-driver.mjs', import.meta.url));

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

export async function rankEnvironments(count: number): Promise<readonly NodeJS.ProcessEnv[]> {
  if (count === 1) return [{}];
  const port = String(await freePort());
  return Array.from({ length: count }, (_, rank) => ({
    MASTER_ADDR: '127.0.0.1',
    MASTER_PORT: port,
    WORLD_SIZE: String(count),
    RANK: String(rank),
    LOCAL_RANK: String(rank),
  }));
}

export interface RankOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Ranks that are ended once all others have. */
  readonly endsAlone?: readonly number[];
}

/** @returns what each rank printed, in their order; nothing of one that was ended */
export async function runRanks<Seen>(
  count: number,
  task: object,
  { environment = {}, endsAlone = [] }: RankOptions = {},
): Promise<readonly Seen[]> {
  const processes = (await rankEnvironments(count)).map((place) =>
    execaNode(DRIVER, [JSON.stringify(task)], {
      env: { ...environment, ...place },
      nodeOptions: [],
      reject: false,
      timeout: 110_000,
      killSignal: 'SIGKILL',
    }),
  );
  await Promise.all(processes.filter((_, rank) => !endsAlone.includes(rank)));
  for (const rank of endsAlone) processes[rank]!.kill('SIGKILL');
  const ended = await Promise.all(processes);
  return ended.flatMap(({ stdout, stderr }, rank) => {
    if (endsAlone.includes(rank)) return [];
    if (stdout.trim() === '') throw new Error(`rank ${rank} printed nothing: ${stderr}`);
    return [JSON.parse(stdout.trim().split('\n').at(-1)!) as Seen];
  });
}
