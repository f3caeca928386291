/** What `vlm-bench pretrain` does: both backbones of the embedded scale on the deterministic engine, written to a folder. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { activateEngine, pretrainBackbones } from '../../reference-model/index.js';
import { printNote } from '../log-text.js';

/** @returns the files written */
export async function pretrainInto(out: string): Promise<readonly string[]> {
  // A folder that cannot be made is met before anything is trained.
  mkdirSync(out, { recursive: true });
  // Only this engine gives the same bytes on every machine.
  await activateEngine('wasm');
  const backbones = await pretrainBackbones({
    onProgress: (backbone, { step, steps, loss }) => {
      if (step % 50 === 0 || step === steps) printNote(`${backbone}: step ${step}/${steps}, loss ${loss.toFixed(3)}`);
    },
  });
  return Object.entries(backbones).map(([backbone, bytes]) => {
    const file = join(resolve(out), `${backbone}.safetensors`);
    writeFileAtomically(file, bytes);
    return file;
  });
}
