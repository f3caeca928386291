/** What the endpoint refuses, in the shape that OpenAI's clients read. */
export interface ApiProblem {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 500;
  readonly message: string;
  readonly code: string;
  /** Field of the request. */
  readonly param?: string;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly problem: ApiProblem;

  constructor(problem: ApiProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

export function errorBody({ status, message, code, param }: ApiProblem): object {
  const type = status === 500 ? 'server_error' : 'invalid_request_error';
  return { error: { message, type, code, param: param ?? null } };
}
