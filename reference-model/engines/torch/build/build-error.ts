/** What a build of the addon, or a search for what it needs, lacks: what is wrong, where, what was expected and the command that helps. */

export interface BuildProblem {
  readonly what: string;
  readonly where?: string;
  readonly expected?: string;
  readonly fix: string;
}

export class TorchBuildError extends Error {
  readonly code = 'torch-build';
  readonly problem: BuildProblem;

  constructor(problem: BuildProblem, options?: ErrorOptions) {
    super(`${problem.what} ${problem.fix}`, options);
    this.name = 'TorchBuildError';
    this.problem = problem;
  }
}
