/**
 * A parsed YAML text with the positions of its keys and values. What stands in it can be laid over what another text states, and every
 * path of the result still leads to the place where it was written.
 */
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { type Problem, UserError } from '../errors.js';
import { readText } from '../files/read-input.js';

export type Path = readonly PropertyKey[];

export interface YamlSource {
  /** Name of the file in complaints. */
  readonly file: string;
  readonly document: Document;
  /** What the text states, as plain data. */
  readonly value: unknown;
  /** `file:line:column` of a character. */
  at(offset: number): string;
}

/** @throws UserError `file-unreadable`, `data-invalid` or `suite-syntax` */
export function readYamlSource(file: string): YamlSource {
  return yamlSource(readText(file), file);
}

/** @throws UserError `suite-syntax` */
export function yamlSource(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) throw new UserError(syntaxProblems(document.errors, text, at));
  const problems = structureProblems(document, at);
  if (problems.length > 0) throw new UserError(problems);
  return { file, document, value: plainValue(document, at), at };
}

type At = (offset: number) => string;

/** Every duplicate key, or else the first break of the syntax: those after it mostly follow from it. */
function syntaxProblems(errors: readonly YAMLError[], text: string, at: At): readonly Problem[] {
  const duplicates = errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  if (duplicates.length > 0) {
    return duplicates.map(({ pos }) => ({
      code: 'suite-syntax',
      what: `duplicate key "${/^[\w-]+/.exec(text.slice(pos[0]))?.[0] ?? ''}"`,
      where: at(pos[0]),
      expected: 'each key once',
      fix: 'remove or rename one of the two',
    }));
  }
  const { code, message, pos } = errors[0]!;
  const where = at(pos[0]);
  if (code === 'MULTIPLE_DOCS') {
    const what = 'a second document begins in the file';
    const fix = 'remove the line "---", or put what follows into a file of its own';
    return [{ code: 'suite-syntax', what, where, expected: 'one document', fix }];
  }
  return [{ code: 'suite-syntax', what: `the YAML is malformed: ${message}`, where, fix: 'correct the syntax there' }];
}

/** What YAML allows and plain data cannot hold: keys that are no text, and aliases that lead nowhere, in circles or to too much. */
function structureProblems(document: Document, at: At): readonly Problem[] {
  const problems: Problem[] = [];
  const refuse = ({ range }: Node, problem: Pick<Problem, 'what' | 'expected' | 'fix'>) =>
    problems.push({ code: 'suite-syntax', where: at(range?.[0] ?? 0), ...problem });
  visit(document, {
    Pair: (_, { key }) => {
      if (!isNode(key) || isScalar(key)) return;
      refuse(key, { what: 'a key is a list, a map or an alias', expected: 'a word as key', fix: 'write the key out' });
    },
    Alias: (_, alias, parents) => {
      const name = alias.source;
      const target = alias.resolve(document);
      if (target === undefined) {
        const fix = `write &${name} before the value that is meant, or write the value here`;
        refuse(alias, { what: `the alias *${name} has no anchor before it`, expected: `&${name} further up`, fix });
      } else if (parents.includes(target)) {
        refuse(alias, { what: `the alias *${name} stands inside its own anchor`, fix: 'write the value out' });
      }
    },
  });
  return problems;
}

/** Aliases of aliases multiply: the `yaml` package refuses a text of a few lines that would fill the memory. */
function plainValue(document: Document, at: At): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    let last = 0;
    visit(document, {
      Alias: (_, { range }) => {
        last = range?.[0] ?? last;
      },
    });
    const what = 'aliases of aliases multiply to more than can be read';
    throw new UserError({ code: 'suite-syntax', what, where: at(last), fix: 'write the values out' }, { cause });
  }
}
/**
 * Where a path of the merged value stands. Sources are given from the one on top to the one at the bottom; the topmost that states the
 * path, or that replaces a list or a value above it, owns it. What nobody states is looked for in the closest parent.
 */
export function locate(sources: readonly YamlSource[], path: Path, point: 'key' | 'value'): string {
  const owner = sources[ownerOf(sources, path)] ?? closest(sources, path);
  const offset = offsetOf(owner.document, path, point);
  return offset === undefined ? owner.file : owner.at(offset);
}

/** Index of the source that owns a path; −1 where no source states it. */
export function ownerOf(sources: readonly YamlSource[], path: Path): number {
  return sources.findIndex(({ document }) => owns(document, path));
}

function owns({ contents }: Document, path: Path): boolean {
  let node: unknown = contents;
  for (const key of path) {
    if (!isMap(node)) return isNode(node);
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
    if (pair === undefined) return false;
    node = pair.value;
  }
  return true;
}

function closest(sources: readonly YamlSource[], path: Path): YamlSource {
  for (let length = path.length - 1; length > 0; length--) {
    const found = sources.find(({ document }) => owns(document, path.slice(0, length)));
    if (found !== undefined) return found;
  }
  return sources[0]!;
}

/** Offset of a map entry's value or key, else of the list item, else of the closest parent that exists. */
function offsetOf(document: Document, path: Path, point: 'key' | 'value'): number | undefined {
  const last = path.at(-1);
  const parent = path.length > 1 ? nodeAt(document, path.slice(0, -1)) : document.contents;
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
    const value = pair?.value;
    // A scalar value is pointed at itself; nothing, and a whole block, are pointed at by their key.
    if (point === 'value' && isScalar(value) && value.value !== null && value.range) return value.range[0];
    if (isScalar(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  for (let length = path.length; length >= 0; length--) {
    const node = nodeAt(document, path.slice(0, length));
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

function nodeAt({ contents }: Document, path: Path): unknown {
  let node: unknown = contents;
  for (const key of path) {
    if (isMap(node)) node = node.items.find((item) => isScalar(item.key) && item.key.value === key)?.value;
    else if (isSeq(node) && typeof key === 'number') node = node.items[key];
    else return undefined;
  }
  return node;
}
