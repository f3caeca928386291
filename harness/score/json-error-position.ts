/**
 * Where a text stops being JSON (RFC 8259). `JSON.parse` names the position in some versions of Node only.
 */

const TOKEN =
  /[ \t\r\n]*(?:("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([{}[\],:]))/uy;

const BLANKS = /[ \t\r\n]*/y;

type Expectation = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end' | 'nothing';

/** Offset of the first character that no JSON text can hold there; the text's length if only its end is missing. */
export function jsonErrorPosition(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: Expectation = 'value';
  let position = 0;
  while (true) {
    BLANKS.lastIndex = position;
    BLANKS.exec(text);
    const start = BLANKS.lastIndex;
    if (start >= text.length) return text.length;
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(text);
    if (match === null) return start;
    position = TOKEN.lastIndex;
    const kind = match[1] !== undefined ? 'string' : match[2] !== undefined ? 'scalar' : match[3]!;
    const next = step(expected, kind, open);
    if (next === undefined) return start;
    expected = next;
  }
}

/** What may follow, or `undefined` where `kind` may not stand. */
function step(expected: Expectation, kind: string, open: ('{' | '[')[]): Expectation | undefined {
  const afterValue = (): Expectation => (open.length === 0 ? 'nothing' : 'comma or end');
  const isValue = expected === 'value' || expected === 'value or ]';
  if (isValue && (kind === '{' || kind === '[')) {
    open.push(kind);
    return kind === '{' ? 'key or }' : 'value or ]';
  }
  if (isValue && (kind === 'string' || kind === 'scalar')) return afterValue();
  if ((expected === 'key' || expected === 'key or }') && kind === 'string') return 'colon';
  if (expected === 'colon' && kind === ':') return 'value';
  if (expected === 'comma or end' && kind === ',') return open.at(-1) === '{' ? 'key' : 'value';
  const closes =
    kind === '}'
      ? expected === 'key or }' || (expected === 'comma or end' && open.at(-1) === '{')
      : kind === ']' && (expected === 'value or ]' || (expected === 'comma or end' && open.at(-1) === '['));
  if (!closes) return undefined;
  open.pop();
  return afterValue();
}
