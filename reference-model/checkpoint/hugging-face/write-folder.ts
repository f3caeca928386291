/**
 * A folder that `transformers` loads with `AutoModelForImageTextToText` and `AutoProcessor` without code of ours: configuration, weights in
 * shards, tokenizer, image processor, chat template. Both of its major versions read it; where they want a field elsewhere it stands twice.
 */
import { join } from 'node:path';
import { fillFile } from '../../files/atomic-file.js';
import { writeFully } from '../../files/file-bytes.js';
import { bytesOf, planShardFiles } from '../shards.js';
import { type TensorSources, writeTensorsUnhashed } from '../tensor-file.js';

/** Half of what the hub shows as large; 2 GiB at most. */
const SHARD_BYTES = 2 ** 30;

/** Writes a text file, forced to disk. */
export function writeText(folder: string, name: string, text: string): void {
  const bytes = Buffer.from(text);
  fillFile(join(folder, name), (descriptor) => writeFully(descriptor, bytes));
}

export function writeJson(folder: string, name: string, content: unknown): void {
  writeText(folder, name, `${JSON.stringify(content, null, 2)}\n`);
}

/** One file where it is small enough, else shards and their index; one tensor in memory at a time. */
export function writeWeights(
  folder: string,
  tensors: TensorSources,
  { shardBytes = SHARD_BYTES }: { readonly shardBytes?: number } = {},
): void {
  // `transformers` refuses files that do not say this.
  const metadata = { format: 'pt' };
  const write = (file: string, own: TensorSources): void =>
    fillFile(join(folder, file), (descriptor) => writeTensorsUnhashed(descriptor, own, metadata));
  const total = [...tensors.values()].reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  if (total <= shardBytes) {
    write('model.safetensors', tensors);
    return;
  }
  const { files, map } = planShardFiles('model', tensors, { shardBytes });
  for (const { file, tensors: own } of files) write(file, own);
  writeJson(folder, 'model.safetensors.index.json', map);
}
