/**
 * The README files: every relative link and anchor leads somewhere, and every command that they show exists with the options that they
 * give it, according to the command line's own help.
 */
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { execa, execaNode } from 'execa';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readSuite } from '../harness/suite/find-suite.js';
import { planSuite } from '../harness/suite/plan.js';
import { readRunConfig } from '../harness/suite/read-run-config.js';

const require = createRequire(import.meta.url);
const root = dirname(require.resolve('#package/package.json'));
const { stdout: listed } = await execa('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
}).catch(() => ({ stdout: 'README.md' }));
const readmes = listed.split('\n').filter((file) => /(?:^|\/)README\.md$/.test(file) && existsSync(join(root, file)));
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

/** Without fenced code, where brackets are no links and `#` begins no heading. */
const proseOf = (file: string) => textOf(file).replace(/^```[\s\S]*?^```$/gm, '');

/** Targets of links and pictures, as `[text](target)`; inline code is no link. */
function linksOf(file: string): readonly string[] {
  const unquoted = proseOf(file).replace(/(?<!\[)`[^`\n]*`(?!\])/g, '');
  return [...unquoted.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target!);
}

/** As GitHub makes anchors of headings: lower case, no punctuation, hyphens for blanks. */
function anchorsOf(file: string): readonly string[] {
  return [...proseOf(file).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What is wrong with a link from a README, or nothing. */
function flawOf(file: string, link: string): string | undefined {
  const [path, anchor] = link.split('#') as [string, string?];
  const target = path === '' ? file : relative(root, resolve(root, dirname(file), path));
  if (target.startsWith('..') || !existsSync(join(root, target))) return `${file}: ${link} leads nowhere`;
  if (anchor !== undefined && !anchorsOf(target).includes(anchor)) return `${file}: ${link} has no such heading`;
  return undefined;
}

/** The words of a shell line up to a comment, a pipe or a redirection; quotes are taken off. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/'[^']*'|"[^"]*"|[^\s'"]+(?:'[^']*'|"[^"]*")?/g) ?? [];
  const end = words.findIndex((word) => /^[#<>|&;]/.test(word));
  return words.slice(0, end < 0 ? undefined : end).map((word) => word.replace(/['"]/g, ''));
}

/** Every `npx vlm-bench …` of shell blocks and every `vlm-bench …` in inline code. */
function commandsOf(file: string): readonly (readonly string[])[] {
  const text = textOf(file);
  const shell = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => block!.split('\n'));
  const indented = proseOf(file)
    .split('\n')
    .filter((line) => line.startsWith('    '));
  const inline = [...proseOf(file).matchAll(/`((?:npx )?vlm-bench [^`]+)`/g)].map(([, code]) => code!);
  return [...shell, ...indented, ...inline].flatMap((line) =>
    [...line.matchAll(/(?:^|\bnpx )\s*vlm-bench (.+)$/g)].map(([, rest]) => wordsOf(rest!.replaceAll('\\|', '/'))),
  );
}

const helpTexts = new Map<string, Promise<string>>();
function helpOf(command: readonly string[]): Promise<string> {
  const key = command.join(' ');
  const known = helpTexts.get(key) ?? helpFor(command);
  helpTexts.set(key, known);
  return known;
}
async function helpFor(command: readonly string[]): Promise<string> {
  return (await execaNode(require.resolve('#package/dist/harness/cli.js'), [...command, '--help'])).stdout;
}

/** Commands that a help text lists. */
const subcommandsIn = (help: string) =>
  [...(help.split('\nCommands:\n')[1] ?? '').matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name!);

/** What is wrong with a command line, or nothing. */
async function misuse(words: readonly string[]): Promise<string | undefined> {
  const command: string[] = [];
  let help = await helpOf(command);
  for (const word of words) {
    if (!subcommandsIn(help).includes(word)) break;
    command.push(word);
    help = await helpOf(command);
  }
  if (command.length === 0) return `no command: ${words.join(' ')}`;
  const known = [...help.matchAll(/(?:^| )(--[a-z-]+)/gm)].map(([, option]) => option!);
  const unknown = words.filter((word) => word.startsWith('--') && !known.includes(word.split('=')[0]!));
  return unknown.length === 0 ? undefined : `${words.join(' ')}: no ${unknown.join(', ')}`;
}

test('README files are found', () => {
  expect(readmes).toContain('README.md');
  expect(statSync(join(root, 'README.md')).size).toBeGreaterThan(1000);
});

describe.each(readmes)('%s', (file) => {
  test('has links that lead somewhere', () => {
    const flaws = linksOf(file)
      .filter((link) => !/^[a-z]+:/.test(link))
      .flatMap((link) => flawOf(file, link) ?? []);
    expect(flaws).toEqual([]);
  });

  test('shows commands and options that exist', async () => {
    const flaws = await Promise.all(commandsOf(file).map(misuse));
    expect(flaws.filter((flaw) => flaw !== undefined)).toEqual([]);
  });
});

describe('the README', () => {
  const links = linksOf('README.md');

  test('shows the two commands that newcomers and machines begin with', () => {
    const lines = textOf('README.md').split('\n');
    for (const command of ['npm ci && npx vlm-bench reproduce --finding 1', 'npm ci && npm test'])
      expect(lines.some((line) => line.replace(/\s+#.*$/, '') === command)).toBe(true);
    expect(commandsOf('README.md').length).toBeGreaterThan(15);
  });

  test('links no page twice, and is the way to every page about a folder of the package', () => {
    const pages = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(pages).toEqual([...new Set(pages)]);
    const folders = readmes.filter((file) => file !== 'README.md' && !/^test\/(?:fixtures|oracle)/.test(file));
    for (const page of folders) expect(pages).toContain(page);
  });

  test('shows a suite that can be planned', () => {
    const blocks = [...textOf('README.md').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
    expect(blocks).toHaveLength(1);
    const file = join(mkdtempSync(join(tmpdir(), 'vlm-bench-readme-')), 'my-suite.yaml');
    writeFileSync(file, blocks[0]!);
    const { seeds, arms } = planSuite(readSuite(file));
    expect([seeds, arms.map(({ id }) => id)]).toEqual([
      [101, 102, 103, 104, 105, 106],
      ['none', 'tenth', 'quarter'],
    ]);
  });
});

test('the page about weights of the hub shows a configuration that can be trained', () => {
  const page = textOf('reference-model/checkpoint/hugging-face/README.md');
  const [block, ...others] = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml]) => yaml!);
  expect(others).toEqual([]);
  const file = join(mkdtempSync(join(tmpdir(), 'vlm-bench-readme-')), 'run.yaml');
  writeFileSync(file, block!);
  expect(readRunConfig(file)).toMatchObject({ tokenizer: 'pretrained', model: { language: { hiddenSize: 576 } } });
});

test('the citation names the version of the package', () => {
  const citation = parse(textOf('CITATION.cff')) as { readonly version: unknown; readonly license: unknown };
  const { version, license } = require('#package/package.json') as { version: string; license: string };
  expect([citation.version, citation.license]).toEqual([version, license]);
});
