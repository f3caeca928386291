/** Why a block cannot be replayed: it does something beside calling kernels on what it was given. It runs as usual then. */
export class NotReplayable extends Error {
  constructor(reason: string) {
    super(`This block cannot be replayed: it ${reason}.`);
    this.name = 'NotReplayable';
  }
}
