/** What an API says when it refuses, or that it cannot be reached, as an error for users. */
import { UserError } from '../../errors.js';

/** @param asked what was asked for, such as `a job` */
export function refusal(error: unknown, asked: string): UserError {
  if (error instanceof UserError) return error;
  const { code, said } = saidBy(error);
  if (code === undefined) {
    return new UserError(
      {
        code: 'not-available',
        what: `Kubernetes cannot be reached: ${said}`,
        expected: 'an API server where the configuration of kubectl says that it is',
        fix: 'see whether `kubectl get jobs` reaches it; correct kubernetes.context or KUBECONFIG',
      },
      { cause: error },
    );
  }
  return new UserError(
    { code: 'run-failed', what: `Kubernetes refused ${asked} (${code}): ${said}`, fix: fixOf(code) },
    { cause: error },
  );
}

const clientPrefix = 'Message: ';

/** The code of an answer, where there is one, and the words in it. */
export function saidBy(error: unknown): { readonly code?: number; readonly said: string } {
  const { code, statusCode, body, message } = Object(error) as Record<
    'code' | 'statusCode' | 'body' | 'message',
    unknown
  >;
  const answered = [code, statusCode].find((value): value is number => typeof value === 'number');
  const lines = String(message ?? error).split('\n');
  // The client leaves out the answer's own words where it expects a code, and puts `HTTP-Code: 401` first.
  const ofCode = lines.find((line) => line.startsWith(clientPrefix))?.slice(clientPrefix.length);
  const said = messageOf(body) ?? ofCode ?? lines[0]!;
  return answered === undefined ? { said } : { code: answered, said };
}

/** `message` of a v1 Status, which comes as text or read already. */
function messageOf(body: unknown): string | undefined {
  let status = body;
  if (typeof body === 'string') {
    try {
      status = JSON.parse(body);
    } catch {
      return undefined;
    }
  }
  const { message } = Object(status) as { message?: unknown };
  return typeof message === 'string' && message !== '' ? message : undefined;
}

function fixOf(code: number): string {
  switch (code) {
    case 401:
      return 'log in to the cluster again, or choose another kubernetes.context';
    case 403:
      return 'ask those who run the cluster for the rights that the README of the executors lists, or choose another kubernetes.namespace';
    default:
      return 'correct the settings under kubernetes (vlm-bench.config.yaml or --set), or ask those who run the cluster';
  }
}
