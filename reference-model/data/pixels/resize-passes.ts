/**
 * Resizes one image with the compiled passes: along the rows, in strips, so that the memory of the kernels stays small beside the image,
 * then along the columns.
 */
import type { SmoothKernel } from './kernels.js';
import { packedWeights, TAPS_AT_A_TIME } from './packed-weights.js';
import { aligned, memoryPlan, pixelKernels } from './pixel-kernels.js';
import type { RgbImage, Window } from './rgb-image.js';

/** Bytes of the source that are copied at a time: they stay in the second-level cache. */
const STRIP_BYTES = 2 ** 18;

/** @param window lies within the result of `width` × `height` pixels */
export function resizeSmoothly(
  image: RgbImage,
  kernel: SmoothKernel,
  width: number,
  height: number,
  window: Window,
): RgbImage {
  const kernels = pixelKernels();
  const { place, reserve } = memoryPlan(kernels);
  const { left, top } = window;
  const rows =
    width === image.width ? undefined : packedWeights(kernel, image.width, width, left, window.width, 'bytes');
  const columns =
    height === image.height ? undefined : packedWeights(kernel, image.height, height, top, window.height, 'rows');
  const [firstRow, endRow] = columns ? [columns.firstTap, columns.endTap] : [top, top + window.height];

  const sourceBytes = image.width * 3;
  const rowBytes = aligned(window.width * 3);
  const stripRows = Math.max(2, Math.trunc(STRIP_BYTES / sourceBytes) & ~1);
  const rowsAt = place(rows?.bytes.length ?? 0);
  const columnsAt = place(columns?.bytes.length ?? 0);
  // The last taps of a column, whose weights are zero, reach beyond its end.
  const narrowed = place((endRow - firstRow + TAPS_AT_A_TIME) * rowBytes);
  const result = columns === undefined ? narrowed : place(window.height * rowBytes);
  const strip = place(rows === undefined ? 0 : stripRows * sourceBytes + 16);
  const heap = reserve();

  if (rows === undefined) {
    for (let row = firstRow; row < endRow; row++) {
      const from = row * sourceBytes + left * 3;
      heap.set(image.rgb.subarray(from, from + window.width * 3), narrowed + (row - firstRow) * rowBytes);
    }
  } else {
    heap.set(rows.bytes, rowsAt);
    const [counts, weights] = [rowsAt + rows.countsAt, rowsAt + rows.weightsAt];
    for (let row = firstRow; row < endRow; row += stripRows) {
      const taken = Math.min(stripRows, endRow - row);
      heap.set(image.rgb.subarray(row * sourceBytes, (row + taken) * sourceBytes), strip);
      const target = narrowed + (row - firstRow) * rowBytes;
      kernels.alongRows(
        strip,
        sourceBytes,
        taken,
        target,
        rowBytes,
        window.width,
        rowsAt,
        counts,
        weights,
        rows.weightBytes,
      );
    }
  }
  if (columns !== undefined) {
    heap.set(columns.bytes, columnsAt);
    const [counts, weights] = [columnsAt + columns.countsAt, columnsAt + columns.weightsAt];
    kernels.alongColumns(narrowed, rowBytes, result, window.height, columnsAt, counts, weights, columns.weightBytes);
  }
  const rgb = new Uint8Array(window.width * window.height * 3);
  for (let row = 0; row < window.height; row++) {
    const from = result + row * rowBytes;
    rgb.set(heap.subarray(from, from + window.width * 3), row * window.width * 3);
  }
  return { width: window.width, height: window.height, rgb };
}
