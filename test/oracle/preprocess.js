/** Writes what this package makes of each image of a folder: node preprocess.js PROCESSOR IMAGES OUT; needs `npm run build`. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage, preprocess, readProcessor } from 'vlm-bench/reference-model';

const [config, images, out] = process.argv.slice(2);
const processor = readProcessor(config);
mkdirSync(out, { recursive: true });
for (const name of readdirSync(images)) {
  const where = join(images, name);
  const values = preprocess(await decodeImage(readFileSync(where), { where }), processor);
  writeFileSync(join(out, `${name}.f32`), new Uint8Array(values.buffer));
}
