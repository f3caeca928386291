/** The command that performs the run of a job file, as a shell reads it. */
import { createRequire } from 'node:module';

/** Quoted where a shell needs it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** This very installation, for machines that see it at the same path. */
export function ownCommand(): string {
  const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');
  return [process.execPath, cli].map(shellWord).join(' ');
}

/** @param command how `vlm-bench` is started there, ready for a shell @param file ready for a shell */
export function jobCommand(command: string, file: string): string {
  return `${command} perform ${file}`;
}
