/** Members of a tar archive as bytes (POSIX ustar, IEEE Std 1003.1-2017): equal members give equal bytes, whoever writes them and when. */
import { BLOCK } from './tar-headers.js';

/** @param name at most 100 bytes @throws RangeError for a longer name */
export function* tarMember(name: string, data: Uint8Array): Generator<Uint8Array> {
  yield header(name, data.length);
  yield data;
  const rest = data.length % BLOCK;
  if (rest > 0) yield new Uint8Array(BLOCK - rest);
}

/** Two blocks of zeros. */
export const tarEnd = (): Uint8Array => new Uint8Array(2 * BLOCK);

function header(name: string, size: number): Uint8Array {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`${name} is too long for a name in a tar archive.`);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0);
  block.write('0000644\0' + '0000000\0' + '0000000\0', 100, 'latin1');
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write('00000000000\0', 136, 'latin1'); // no time: equal content is to be equal bytes
  block.fill(0x20, 148, 156);
  block.write('0', 156); // a regular file
  block.write('ustar\0' + '00', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
