/** What of the addon several ranks share: a store of keys, sums over all of them, and the gradients that are reduced in the backward pass. */
import type { Handle } from './handle.js';

export interface GroupAddon {
  /** Opens the store, which one process keeps. @returns its port */
  openGroup(
    host: string,
    port: number,
    prefix: string,
    hostsStore: boolean,
    rank: number,
    count: number,
    timeoutSeconds: number,
  ): number;
  /**
   * Meets all other ranks, which must have opened the store.
   * @param network an interface, `host:ADDRESS`, or nothing for the address of this machine's name
   * @param library of NCCL; empty for Gloo
   */
  connectGroup(network: string, library: string): void;
  closeGroup(): void;
  /** @throws when a rank has failed */
  checkGroup(): void;
  /** Tells all others; the first who does is believed. */
  failGroup(rank: number, problem: string): void;
  setKey(key: string, value: string): void;
  hasKey(key: string): boolean;
  getKey(key: string): string;
  /** In place. */
  sumOverRanks(values: Handle): void;
  /** [n] → [ranks · n], in the order of ranks. */
  gatherOverRanks(own: Handle): Handle;
  /** Parameters whose gradients are summed over ranks, in the order of the forward pass; none ends it. */
  watchGradients(parameters: readonly Handle[], bucketBytes: number): void;
  /**
   * Before the last backward pass of a step.
   * @param late positions of parameters that get gradients more than once in it
   */
  armReduction(late: readonly number[]): void;
  /** Makes the sums over all ranks the gradients of the parameters. @returns the sum of the losses */
  finishReduction(loss: Handle): Handle;
  /** As `adamW`, with moments [⌈elements / ranks⌉] of this rank's share of each parameter; brings the shares of the others. */
  shardedAdamW(
    parameters: readonly Handle[],
    firstMoments: readonly Handle[],
    secondMoments: readonly Handle[],
    updates: Handle,
    divisor: Handle,
    bad: Handle,
    learningRate: number,
    beta1: number,
    beta2: number,
    weightDecay: number,
    epsilon: number,
  ): void;
  /** Of the last step, as triples: kind (0 gradient exists, 1 reduction begun, 2 reduced), position, microseconds. */
  reductionTimeline(): readonly number[];
}
