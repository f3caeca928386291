/** The error of a generation request that cannot be served. */

export class GenerationError extends Error {
  readonly code = 'generation';

  constructor(problem: string) {
    super(`Text cannot be generated: ${problem}`);
    this.name = 'GenerationError';
  }
}
