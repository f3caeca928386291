#!/usr/bin/env node
/**
 * The command line: declares the commands, runs one, and prints whatever goes wrong in one shape. Each command loads its machinery
 * only when it is run, so that help and version answer at once.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { registerCompare } from './commands/compare.js';
import { registerData } from './commands/data.js';
import { registerDoctor } from './commands/doctor.js';
import { registerEngine } from './commands/engine.js';
import { registerEvaluate } from './commands/evaluate.js';
import { registerExport } from './commands/export.js';
import { registerGate } from './commands/gate.js';
import { registerGenerate } from './commands/generate.js';
import { registerPerform } from './commands/perform.js';
import { registerPilot } from './commands/pilot.js';
import { registerPlan } from './commands/plan.js';
import { registerPretrain } from './commands/pretrain.js';
import { registerPublish } from './commands/publish.js';
import { registerReport } from './commands/report.js';
import { registerReproduce } from './commands/reproduce.js';
import { registerRun } from './commands/run.js';
import { registerSchema } from './commands/schema.js';
import { registerScore } from './commands/score.js';
import { registerServe } from './commands/serve.js';
import { registerTokenize } from './commands/tokenize.js';
import { registerTrain } from './commands/train.js';
import { registerVerify } from './commands/verify.js';
import { formatError, formatProblem, UserError } from './errors.js';
import { isOfStandardStream, isOutputLost, watchStandardStream } from './standard-streams.js';

function createProgram(): Command {
  const manifest = createRequire(import.meta.url).resolve('#package/package.json');
  const { version, description } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    version: string;
    description: string;
  };
  const program = new Command('vlm-bench')
    .description(description)
    .version(version)
    .option('--debug', 'print stack traces with errors')
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  registerReproduce(program);
  registerRun(program);
  registerPlan(program);
  registerPilot(program);
  registerTrain(program);
  registerPerform(program);
  registerGenerate(program);
  registerExport(program);
  registerReport(program);
  registerVerify(program);
  registerCompare(program);
  registerPublish(program);
  registerSchema(program);
  registerScore(program);
  registerServe(program);
  registerTokenize(program);
  registerEvaluate(program);
  registerGate(program);
  registerData(program);
  registerPretrain(program);
  registerEngine(program);
  registerDoctor(program);
  return program;
}

async function main(args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync([...args], { from: 'user' });
    return process.exitCode === undefined ? 0 : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return usageExitCode(error);
    if (isOfStandardStream(error)) return Number(process.exitCode ?? 0);
    console.error(formatError(error, { debug: program.opts<{ debug?: boolean }>().debug === true }));
    return error instanceof UserError ? error.exitCode : 1;
  }
}

/** Help and version end in 0; anything that commander rejects is a usage error and ends in 2. */
function usageExitCode({ exitCode, message, code }: CommanderError): number {
  if (exitCode === 0) return 0;
  if (code === 'commander.help') return 2;
  // The message quotes arguments, which may hold line breaks.
  const [, what = message, closest] = /^(?:error: )?(.*?)(?:\n\(Did you mean ([^\n]*)\?\))?$/s.exec(message) ?? [];
  const fix =
    closest === undefined ? 'see `vlm-bench --help` and `vlm-bench COMMAND --help`' : `did you mean ${closest}?`;
  console.error(formatProblem({ what, fix }));
  return 2;
}

for (const stream of [process.stdout, process.stderr]) watchStandardStream(stream);
process.on('uncaughtException', (error) => {
  if (isOfStandardStream(error)) return;
  console.error(formatError(error, { debug: process.argv.includes('--debug') }));
  process.exit(1);
});
const exitCode = await main(process.argv.slice(2));
process.exitCode = isOutputLost() ? 1 : exitCode;
