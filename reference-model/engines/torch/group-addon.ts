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
  /** Replaces the values by those of one rank. */
  broadcastOverRanks(values: Handle, from: number): void;
  /**
   * Parameters whose gradients are summed over ranks, in the order of the forward pass; none ends it.
   * @param shares of this rank in them, which alone get their sums; where there are none, all ranks get all
   */
  watchGradients(parameters: readonly Handle[], shares: readonly Handle[], bucketBytes: number): void;
  /**
   * Before the last backward pass of a step.
   * @param late positions of parameters that get gradients more than once in it
   */
  armReduction(late: readonly number[]): void;
  /** Makes the sums over all ranks the gradients of the parameters, or of the shares. @returns the sum of the losses */
  finishReduction(loss: Handle): Handle;
  /** The elements of a parameter that this rank updates, [≤ ⌈elements / ranks⌉], in the parameter's own memory. */
  shareOf(parameter: Handle): Handle;
  /** The same in float32, in memory of its own. */
  masterShareOf(parameter: Handle): Handle;
  /** Fills parameters of one type with the shares of all ranks, cast to it. */
  gatherShares(parameters: readonly Handle[], shares: readonly Handle[]): void;
  /** Of the last step, as triples: kind (0 gradient exists, 1 reduction begun, 2 reduced), position, microseconds. */
  reductionTimeline(): readonly number[];
}
