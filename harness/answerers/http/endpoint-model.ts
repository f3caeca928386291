/** Which model an endpoint serves, where nobody names it: the only one that it lists. */
import type OpenAI from 'openai';
import { UserError } from '../../errors.js';
import { sample } from '../../files/counted.js';
import { logText } from '../../log-text.js';
import { fatalProblem, troubleOf } from './trouble.js';

/** @throws UserError where the endpoint cannot be reached, or lists no model or several */
export async function modelOf(client: OpenAI, address: string, withoutKey: (text: string) => string): Promise<string> {
  const models = await listed(client, address, withoutKey);
  const [only] = models;
  if (only !== undefined && models.length === 1) return only;
  throw new UserError({
    code: 'usage',
    what: only === undefined ? 'the endpoint lists no model' : `the endpoint has ${models.length} models`,
    where: address,
    ...(only === undefined ? {} : { expected: `one of ${sample(models, 20)}` }),
    fix: 'name one with --model-name',
  });
}

async function listed(
  client: OpenAI,
  address: string,
  withoutKey: (text: string) => string,
): Promise<readonly string[]> {
  try {
    const { data } = (await client.models.list()) as { readonly data?: unknown };
    if (!Array.isArray(data)) return [];
    return data.flatMap((one: unknown) => {
      const id = typeof one === 'object' && one !== null && 'id' in one ? one.id : undefined;
      return typeof id === 'string' && id !== '' ? [id] : [];
    });
  } catch (error) {
    const trouble = troubleOf(error, 120);
    const reason = withoutKey(trouble.reason);
    if (trouble.kind === 'fatal') throw fatalProblem(trouble.about, reason, address, 'OPENAI_API_KEY');
    throw new UserError({
      code: 'run-failed',
      what: `the endpoint cannot be asked for its models: ${logText(reason, 300)}`,
      where: address,
      expected: 'a server that speaks OpenAI’s chat completions',
      fix: 'start it, check the address, or name the model with --model-name',
    });
  }
}
