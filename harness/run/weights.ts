/** Counts what a safetensors file holds, from its header (https://github.com/huggingface/safetensors#format). */

/** Number of weights over all tensors. */
export function countParameters(safetensors: Uint8Array): number {
  const view = new DataView(safetensors.buffer, safetensors.byteOffset, safetensors.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(safetensors.subarray(8, 8 + headerLength))) as Record<
    string,
    { readonly shape?: readonly number[] }
  >;
  return Object.values(header).reduce(
    (total, { shape }) => total + (shape === undefined ? 0 : shape.reduce((product, size) => product * size, 1)),
    0,
  );
}
