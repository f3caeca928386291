/** One limit of `--resamples` for every command that has it. */
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { registerCompare } from '../../../harness/commands/compare.js';
import { registerGate } from '../../../harness/commands/gate.js';
import { registerScore } from '../../../harness/commands/score.js';

function commandsWithResamples(): readonly Command[] {
  const program = new Command();
  for (const register of [registerCompare, registerGate, registerScore]) register(program);
  const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)];
  return all(program).filter(({ options }) => options.some(({ long }) => long === '--resamples'));
}

function accepts(command: Command, text: string): boolean {
  const option = command.options.find(({ long }) => long === '--resamples')!;
  try {
    return option.parseArg!(text, undefined as never) === Number(text);
  } catch {
    return false;
  }
}

describe('--resamples', () => {
  const commands = commandsWithResamples();

  test('is an option of compare, gate and both kinds of scores', () => {
    expect(commands.map((command) => command.name()).sort()).toEqual(['captions', 'compare', 'gate', 'vqa']);
  });

  test.each([
    ['100', true],
    ['1000000', true],
    ['99', false],
    ['1', false],
    ['1000001', false],
    ['1e3', false],
    ['-100', false],
    ['', false],
    [' 100', false],
  ])('takes "%s": %s', (text, taken) => {
    expect(commands.map((command) => accepts(command, text))).toEqual(commands.map(() => taken));
  });

  test('may be 0 where a score can do without an interval', () => {
    const taking = commands.filter((command) => accepts(command, '0')).map((command) => command.name());
    expect(taking.sort()).toEqual(['captions', 'vqa']);
  });
});
