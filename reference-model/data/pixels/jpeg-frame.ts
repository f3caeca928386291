/** What the frame header of a JPEG says (ITU-T T.81, B.2.2), found without a decoder: asking one for it costs a twentieth of decoding. */

export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly precision: number;
  /** 1 grey, 3 colours, 4 inks. */
  readonly components: number;
}

/** Undefined where there is no frame header in the place where it belongs. */
export function jpegFrame(bytes: Uint8Array): JpegFrame | undefined {
  const word = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
  let at = 2; // behind the marker that starts an image
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // a filling byte
      continue;
    }
    // Start of frame: 0xC0 to 0xCF, among which are tables of Huffman and arithmetic codes and an extension.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      return { precision: bytes[at + 4]!, height: word(at + 5), width: word(at + 7), components: bytes[at + 9]! };
    }
    at += 2 + word(at + 2);
  }
  return undefined;
}
