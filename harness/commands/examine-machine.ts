/** What `vlm-bench doctor` reports: the machine, and each engine with the reason if it is unavailable. */
import { availableParallelism, totalmem } from 'node:os';
import { diagnoseEngines, type EngineDiagnosis } from '../../reference-model/index.js';
import { logLines } from '../log-text.js';

export interface MachineFindings {
  readonly node: string;
  readonly platform: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly engines: readonly EngineDiagnosis[];
}

export async function examine(): Promise<MachineFindings> {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    engines: await diagnoseEngines(),
  };
}

export function findingsText({ node, platform, cores, memoryBytes, engines }: MachineFindings): string {
  const lines = [
    `node        ${node} on ${platform}`,
    `machine     ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB of memory`,
    ...engines.flatMap((engine) => {
      const name = `engine ${engine.name}`.padEnd(18);
      if (engine.available) return [`${name} works: ${engine.detail}`];
      return [`${name} unavailable: ${engine.reason}`, `${''.padEnd(18)} ${engine.remedy}`];
    }),
  ];
  return logLines(lines);
}
