/** Lists of strings as Python prints them, such as `['a cat', "a dog's bone"]`: what a table holds where a program wrote `str(list)`. */

const ENTRY = /\s*(?:'((?:[^'\\\n]|\\[\s\S])*)'|"((?:[^"\\\n]|\\[\s\S])*)"|(-?\d+(?:\.\d+)?))\s*/y;

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
};

/** The strings (and numbers, as they are written) of a printed list; undefined for anything else. */
export function parsePythonTexts(printed: string): readonly string[] | undefined {
  const inner = /^\s*\[([\s\S]*)\]\s*$/.exec(printed)?.[1];
  if (inner === undefined) return undefined;
  if (inner.trim() === '') return [];
  const texts: string[] = [];
  let at = 0;
  while (at < inner.length) {
    ENTRY.lastIndex = at;
    const match = ENTRY.exec(inner);
    if (match === null) return undefined;
    const [, single, double, number] = match;
    texts.push(number ?? unescaped((single ?? double)!));
    at = ENTRY.lastIndex;
    if (at === inner.length) return texts;
    if (inner[at] !== ',') return undefined;
    at++;
    if (inner.slice(at).trim() === '') return texts;
  }
  return undefined;
}

function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g,
    (whole, byte?: string, short?: string, long?: string, letter?: string) => {
      const code = byte ?? short ?? long;
      if (code === undefined) return letter === '\n' ? '' : (ESCAPES[letter!] ?? whole);
      const point = Number.parseInt(code, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}
