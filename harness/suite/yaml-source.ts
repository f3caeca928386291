/**
 * A parsed YAML text with the positions of its keys and values. What stands in it can be laid over what another text states, and every
 * path of the result still leads to the place where it was written.
 */
import { readFileSync } from 'node:fs';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type Problem, UserError } from '../errors.js';

export type Path = readonly PropertyKey[];

export interface YamlSource {
  /** Name of the file in complaints. */
  readonly file: string;
  readonly document: Document;
  /** `file:line:column` of a character. */
  at(offset: number): string;
}

/** @throws UserError `file-unreadable` or `suite-syntax` */
export function readYamlSource(file: string): YamlSource {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const problem = {
      code: 'file-unreadable',
      what: 'the file cannot be read',
      where: file,
      mend: 'check the path',
    } as const;
    throw new UserError(problem, { cause });
  }
  return yamlSource(text, file);
}

/** @throws UserError `suite-syntax` */
export function yamlSource(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) throw new UserError(syntaxProblems(document, { text, at }));
  return { file, document, at };
}

/** Every duplicate key, or else the first break of the syntax: those after it mostly follow from it. */
function syntaxProblems(
  { errors }: Document,
  { text, at }: { readonly text: string; readonly at: (offset: number) => string },
): readonly Problem[] {
  const duplicates = errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  if (duplicates.length === 0) {
    const { message, pos } = errors[0]!;
    const what = `the YAML is malformed: ${message}`;
    return [{ code: 'suite-syntax', what, where: at(pos[0]), mend: 'correct the syntax there' }];
  }
  return duplicates.map(({ pos }) => ({
    code: 'suite-syntax',
    what: `duplicate key "${/^[\w-]+/.exec(text.slice(pos[0]))?.[0] ?? ''}"`,
    where: at(pos[0]),
    expected: 'each key once',
    mend: 'remove or rename one of the two',
  }));
}

/**
 * Where a path of the merged value stands. Sources are given from the one on top to the one at the bottom; the topmost that states the
 * path, or that replaces a list or a value above it, owns it. What nobody states is looked for in the closest parent.
 */
export function locate(sources: readonly YamlSource[], path: Path, point: 'key' | 'value'): string {
  const owner = sources.find(({ document }) => owns(document, path)) ?? closest(sources, path);
  const offset = offsetOf(owner.document, path, point);
  return offset === undefined ? owner.file : owner.at(offset);
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
