/** What `--model` names: the kind of an answerer and what it is made from. */
import { UserError } from '../errors.js';
import { closestName } from '../files/closest-name.js';

export const MODEL_KINDS = ['record', 'hf', 'command', 'http', 'predictions'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

export interface ModelSource {
  readonly kind: ModelKind;
  /** A command line, an address, a file or a folder. */
  readonly from: string;
}

/** `KIND:REST`; an address may stand alone. @throws UserError `usage` */
export function parseModelSource(text: string): ModelSource {
  // An address that is written as such is no kind with a rest.
  if (/^https?:\/\//.test(text)) return { kind: 'http', from: text };
  const [, name = '', from = ''] = /^([a-z]*):(.*)$/s.exec(text) ?? [];
  const kind = MODEL_KINDS.find((known) => known === name);
  if (kind !== undefined && from.trim() !== '') return { kind, from };
  const guess = closestName(name, MODEL_KINDS);
  const closest = kind ?? MODEL_KINDS.find((known) => known === guess);
  throw new UserError(
    {
      code: 'usage',
      what: kind === undefined ? `there is no kind of model ${JSON.stringify(name || text)}` : `${text} names no model`,
      where: '--model',
      expected: 'hf:FOLDER, record:FOLDER, command:COMMAND, http:URL or predictions:FILE',
      fix: closest === undefined ? 'name one of these' : `write for example ${EXAMPLES[closest]}`,
    },
    { exitCode: 2 },
  );
}

const EXAMPLES: Readonly<Record<ModelKind, string>> = {
  record: '--model record:vlm-bench-results/runs/RUN',
  hf: '--model hf:llava-folder',
  command: "--model 'command:python3 answer.py'",
  http: '--model http:http://127.0.0.1:8000/v1',
  predictions: '--model predictions:captions.json',
};
