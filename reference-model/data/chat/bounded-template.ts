/**
 * A chat template as a program that is not trusted: it may loop, and so every step and every value that it makes is counted. It sees no clock,
 * so that a prompt is the same on any day.
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';

/** Templates of models take some thousands for a long conversation. */
const MOST_STEPS = 200_000;
/** Lists and texts cost steps by their length, so that what a template can hold is bounded as well. */
const [ELEMENTS_PER_STEP, CHARACTERS_PER_STEP] = [4, 256] as const;
const LONGEST_RANGE = 10_000;
const LONGEST_SOURCE = 1_000_000;

/** As the library has it; its own declarations do not resolve. */
interface TemplateInterpreter {
  evaluate(statement: unknown, environment: unknown): { readonly value: unknown };
  run(program: unknown): { readonly value: unknown };
}
const OwnInterpreter = Interpreter as unknown as new (environment: unknown) => TemplateInterpreter;

class CountingInterpreter extends OwnInterpreter {
  #steps = 0;

  override evaluate(statement: unknown, environment: unknown): { readonly value: unknown } {
    this.#count(1);
    const result = super.evaluate(statement, environment);
    const { value } = result;
    if (Array.isArray(value)) this.#count(value.length / ELEMENTS_PER_STEP);
    else if (typeof value === 'string') this.#count(value.length / CHARACTERS_PER_STEP);
    return result;
  }

  #count(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MOST_STEPS) throw new Error(`it takes more than ${MOST_STEPS} steps`);
  }
}

export class BoundedTemplate {
  readonly #program: ReturnType<typeof parse>;

  /** @throws Error saying why it cannot be read */
  constructor(source: string) {
    if (source.length > LONGEST_SOURCE) throw new Error(`it is longer than ${LONGEST_SOURCE} characters`);
    this.#program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  }

  /** @throws Error saying why it cannot be rendered, for a template that takes too many steps too */
  render(variables: Readonly<Record<string, unknown>>): string {
    const environment = new Environment();
    const globals = { ...CONSTANTS, raise_exception: raise, range: boundedRange, ...variables };
    for (const [name, value] of Object.entries(globals)) environment.set(name, value);
    return String(new CountingInterpreter(environment).run(this.#program).value);
  }
}

const CONSTANTS = { true: true, false: false, none: null, True: true, False: false, None: null };

function raise(message: string): never {
  throw new Error(message);
}

function boundedRange(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isInteger(length) || length > LONGEST_RANGE) {
    throw new Error(`range(${start}, ${stop}, ${step}) is longer than ${LONGEST_RANGE}`);
  }
  return Array.from({ length }, (_, index) => start + index * step);
}
