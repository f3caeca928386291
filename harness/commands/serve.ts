/** `vlm-bench serve`: a finished run behind OpenAI's chat completions, for any client that speaks them. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../errors.js';
import { withInterruption } from '../execution/interruption.js';
import { printJson, printNote } from '../log-text.js';
import type { EngineChoice } from '../run/machinery.js';
import { engineOption, jsonOption } from './options.js';
import { addTorchOptions } from './torch-options.js';

function portNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly tokenEnv?: string;
  readonly engine: EngineChoice;
  readonly json?: true;
}

export function registerServe(program: Command): void {
  const command = program
    .command('serve')
    .description(
      'answer OpenAI’s chat completions with the model of a run, on this machine alone unless a token is set',
    )
    .argument('<run>', 'record of a finished run')
    .addOption(
      new Option('--port <n>', 'port to listen on; 0 for any that is free').argParser(portNumber).default(8000),
    )
    .option('--host <address>', 'address to listen on; another one needs --token-env', '127.0.0.1')
    .option('--token-env <name>', 'environment variable with the token that every caller must state')
    .addOption(engineOption());
  addTorchOptions(command)
    .addOption(jsonOption())
    .action(async (run: string, { port, host, tokenEnv, engine, json }: ServeFlags) => {
      const token = tokenEnv === undefined ? undefined : tokenIn(tokenEnv);
      const { loadRunModel } = await import('../answerers/record/run-model.js');
      const { serveRun } = await import('../serve/server.js');
      const model = await loadRunModel(run, engine);
      await withInterruption(async ({ stop }) => {
        const server = await serveRun(model, { port, host, token });
        if (json === true) printJson({ url: server.url, model: model.runId });
        printNote(`run ${model.runId} answers at ${server.url}; Ctrl-C ends it`);
        await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
        await server.close();
      });
      model.dispose();
    });
}

function tokenIn(variable: string): string {
  const token = process.env[variable]?.trim();
  if (token) return token;
  throw new UserError(
    {
      code: 'usage',
      what: `the environment variable ${variable} holds no token`,
      where: '--token-env',
      fix: 'set it, for example to the output of `openssl rand -hex 24`',
    },
    { exitCode: 2 },
  );
}
