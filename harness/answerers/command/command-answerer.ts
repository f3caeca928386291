/**
 * Any program as an answerer. It reads `{"id", "image", "prompt", "max_tokens"}` a line, `image` being the path of a file, and writes
 * `{"id", "text"}` a line; further fields tell why an answer ended, its tokens, a refusal or an error. Processes are kept alive; one that
 * dies or takes too long is started anew, and its request asked once more.
 */
import { UserError } from '../../errors.js';
import type { Answerer, AnswerRequest, Outcome } from '../answerer.js';
import { ImageFiles } from '../encoded-image.js';
import { Program, ProgramFailure } from './program.js';
import { outcomeOfReply } from './reply.js';

export interface CommandOptions {
  /** As the user calls the model; by default the command itself. */
  readonly name?: string;
  /** As the user states it. */
  readonly version?: string;
  /** Processes at the same time; 1 by default. */
  readonly concurrency?: number;
  /** For one answer, in seconds; 600 by default, as a program may load its model first. */
  readonly timeLimit?: number;
  /** Told what a program writes to its standard output that is no answer, once. */
  readonly note?: (text: string) => void;
}

/** A request that ends the process twice is the request's fault. */
const ATTEMPTS = 2;

/** Processes in a row that end before their first answer, after which the command is the one at fault: before any answer, and later. */
const HOPELESS = { atFirst: 3, later: 20 };

/** @param command a line for the shell */
export function commandAnswerer(command: string, options: CommandOptions = {}): Answerer {
  const { name = command, version, concurrency = 1, timeLimit = 600, note } = options;
  const idle: Program[] = [];
  const running = new Set<Program>();
  const images = new ImageFiles();
  let endedWithoutAnswer = 0;
  let hasAnswered = false;
  let isNoted = false;
  const onStray = (line: string) => {
    if (!isNoted) note?.(`the command writes lines that are no answers; they are passed over: ${line.slice(0, 200)}`);
    isNoted = true;
  };
  const start = (): Program => {
    const program = new Program(command, { onStray });
    running.add(program);
    return program;
  };
  const take = (): Program => {
    for (let program = idle.pop(); program !== undefined; program = idle.pop()) {
      if (program.isAlive) return program;
      running.delete(program);
    }
    return start();
  };
  const answerOne = async (request: AnswerRequest): Promise<Outcome> => {
    const { id, messages, decoding } = request;
    const image = await images.pathOf(request.image);
    const prompt = messages.map(({ text }) => text).join('\n');
    let reason = '';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const program = take();
      const begun = performance.now();
      try {
        const reply = await program.ask({ id, image, prompt, max_tokens: decoding.maximumTokens }, timeLimit * 1000);
        endedWithoutAnswer = 0;
        hasAnswered = true;
        if (program.isAlive) idle.push(program);
        return outcomeOfReply(reply, Math.round((performance.now() - begun) * 100) / 100);
      } catch (error) {
        if (!(error instanceof ProgramFailure)) throw error;
        reason = error.message;
        running.delete(program);
        if (program.replies > 0) continue;
        if (++endedWithoutAnswer >= (hasAnswered ? HOPELESS.later : HOPELESS.atFirst)) throw hopeless(command, reason);
      }
    }
    return { kind: 'failed', reason };
  };
  return {
    identity: { kind: 'command', name, ...(version === undefined ? {} : { version }) },
    batchSize: 1,
    inFlight: concurrency,
    answer: (requests) => Promise.all(requests.map(answerOne)),
    close: async () => {
      await Promise.all([...running].map((program) => program.close()));
      images.close();
    },
  };
}

function hopeless(command: string, reason: string): UserError {
  return new UserError({
    code: 'run-failed',
    what: `the command gives no answer: ${reason}`,
    where: command,
    expected: 'a program that reads a JSON object a line, and writes {"id": …, "text": …} for each',
    fix: 'try it by hand: echo \'{"id": "1", "image": "photo.jpg", "prompt": "…", "max_tokens": 64}\' | COMMAND',
  });
}
