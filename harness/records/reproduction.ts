/**
 * `reproduction.json`: what is to be decided and from which runs (suite, hypothesis, run of each arm and seed). It is written before
 * anything is trained, so the hypothesis cannot follow the outcome, and with the records of its runs it suffices for the report.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { hypothesisSchema, suiteSchema } from '../suite/schema.js';
import { writeFileAtomically } from './atomic-file.js';

const fileName = 'reproduction.json';

const reproductionSchema = z.strictObject({
  schemaVersion: z.literal(1),
  suite: suiteSchema,
  dataSet: z.strictObject({ name: z.enum(['tiny-scenes', 'easy-vqa', 'tiny-pathology']), fingerprint: z.string() }),
  scale: z.literal('embedded'),
  smoke: z.boolean(),
  hypothesis: hypothesisSchema,
  command: z.string(),
  runs: z.array(z.strictObject({ arm: z.string(), seed: z.int(), runId: z.string().regex(/^[0-9a-f]{20}$/) })),
});

export type Reproduction = z.infer<typeof reproductionSchema>;

/** Name of the folder beside `runs/`; variants of a suite do not overwrite each other's reports. */
export function reproductionFolder(plan: {
  readonly suite: { readonly id: string };
  readonly dataSet: string;
  readonly smoke: boolean;
}): string {
  const variant = plan.dataSet === 'tiny-scenes' ? '' : `-${plan.dataSet}`;
  return `${plan.suite.id}${variant}${plan.smoke ? '-smoke' : ''}`;
}

export function writeReproduction(folder: string, reproduction: Reproduction): void {
  writeFileAtomically(join(folder, fileName), `${JSON.stringify(reproduction, null, 2)}\n`);
}

/** @throws UserError `record-missing` or `record-corrupt` */
export function readReproduction(folder: string): Reproduction {
  const file = join(folder, fileName);
  try {
    return reproductionSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const code = existsSync(file) ? 'record-corrupt' : 'record-missing';
    const what = existsSync(file) ? 'the file is damaged' : 'there is no reproduction here';
    throw new UserError({ code, what, where: file, mend: 'run the command that writes it again' }, { cause });
  }
}

/**
 * The reproduction folders that `records` mean: each is one, or a store that holds some.
 * @throws UserError `record-missing` when there is none
 */
export function findReproductions(records: readonly string[]): readonly string[] {
  return records.flatMap((path) => {
    if (existsSync(join(path, fileName))) return [path];
    const inside = existsSync(path) && statSync(path).isDirectory() ? readdirSync(path).sort() : [];
    const found = inside.map((name) => join(path, name)).filter((folder) => existsSync(join(folder, fileName)));
    if (found.length > 0) return found;
    throw new UserError({
      code: 'record-missing',
      what: 'there are no records of a reproduction here',
      where: path,
      expected: 'a results folder, or one of the folders in it that hold reproduction.json',
      mend: 'name the --out folder of an earlier `vlm-bench reproduce`',
    });
  });
}

/** The store that a reproduction folder stands in. */
export function storeOf(folder: string): string {
  return dirname(folder);
}
