/**
 * Long texts as values of a store: PyTorch's closes the connection of who sends it one of more than 8 MiB (`MAX_PAYLOAD_LEN` of its libuv
 * backend). The first part, under the key itself, begins with the number of parts.
 */

/** UTF-16 units of a part, of which each takes three bytes of UTF-8 at most. */
const PART = 2 ** 20;

/** Parts of whole characters, at least one. */
export function textParts(text: string, most: number = PART): readonly string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length || parts.length === 0; from += parts.at(-1)!.length) {
    const isInPair = /[\uD800-\uDBFF]/.test(text.charAt(from + most - 1));
    parts.push(text.slice(from, from + most - (isInPair ? 1 : 0)));
  }
  return parts;
}

const keyOfPart = (key: string, part: number): string => `${key}/part/${part}`;

/** Whoever sees the key finds all parts: it is set last. */
export function setText(key: string, text: string, set: (key: string, value: string) => void): void {
  const [first = '', ...others] = textParts(text);
  others.forEach((part, index) => {
    set(keyOfPart(key, index + 1), part);
  });
  set(key, `${others.length + 1}\n${first}`);
}

/** A text of `setText` whose key is there. */
export function getText(key: string, get: (key: string) => string): string {
  const value = get(key);
  const end = value.indexOf('\n');
  const others = Array.from({ length: Number(value.slice(0, end)) - 1 }, (_, index) => get(keyOfPart(key, index + 1)));
  return [value.slice(end + 1), ...others].join('');
}
