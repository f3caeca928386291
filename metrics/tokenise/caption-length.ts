/**
 * How long a caption may be. A longer one is no caption but a file in the wrong place; refusing it bounds memory and time.
 */
import { MetricError } from '../errors.js';

/** Most bytes of a caption in UTF-8: 1 MiB. */
const MAXIMUM_CAPTION_BYTES = 1_048_576;

/**
 * @param where The record and field, for the message.
 * @throws MetricError `caption-too-long`.
 */
export function requireCaptionLength(text: string, where?: string): void {
  // A UTF-16 unit takes three bytes at most, so only very long captions have to be measured.
  if (3 * text.length <= MAXIMUM_CAPTION_BYTES) return;
  const bytes = utf8Length(text);
  if (bytes <= MAXIMUM_CAPTION_BYTES) return;
  throw new MetricError({
    code: 'caption-too-long',
    what: `the caption is ${bytes} bytes long in UTF-8`,
    ...(where === undefined ? {} : { where }),
    expected: `at most ${MAXIMUM_CAPTION_BYTES} bytes (1 MiB)`,
    fix: 'check that each caption is one text of its own, and shorten or leave out this one',
  });
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code >= 0xd800 && code < 0xdc00 && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 4;
      index++;
    } else bytes += 3;
  }
  return bytes;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
