/** The fused operations of `ops/` on the addon: each a call of libtorch whose gradient libtorch knows. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import {
  type CacheWriteAttributes,
  type CrossEntropyAttributes,
  DESCRIBED_ATTENTION,
  type DescribedAttentionAttributes,
  FusedKernel,
  type NormAttributes,
  PROJECTED_CROSS_ENTROPY,
  PROJECTIONS,
  type RotaryAttributes,
} from '../../../ops/kernels.js';
import { EngineError } from '../../engine-error.js';
import { AttentionBiases } from '../attention-biases.js';
import type { TorchBackend } from '../backend.js';
import { registerTorchKernel } from './register.js';

export function registerFusedKernels(): void {
  registerTorchKernel(FusedKernel.Linear, ({ torch, backend, inputs: { x, weight, bias } }) => {
    const product = torch.linear(
      backend.handleOf(x!),
      backend.handleOf(weight!),
      bias === undefined ? 0 : backend.handleOf(bias),
    );
    return backend.wrap(product, [...x!.shape.slice(0, -1), weight!.shape[0]!]);
  });
  registerTorchKernel(PROJECTIONS, ({ torch, backend, inputs: { x, ...maps } }) => {
    const named = (name: string): TensorInfo[] =>
      Object.entries(maps).flatMap(([key, tensor]) => (key.startsWith(name) ? [tensor] : []));
    const weights = named('weight');
    const handles = (tensors: readonly TensorInfo[]) => tensors.map((tensor) => backend.handleOf(tensor));
    const rows = x!.shape.slice(0, -1);
    return torch
      .projections(backend.handleOf(x!), handles(weights), handles(named('bias')))
      .map((product, i) => backend.wrap(product, [...rows, weights[i]!.shape[0]!]));
  });
  registerTorchKernel<NormAttributes>(
    FusedKernel.LayerNorm,
    ({ torch, backend, inputs: { x, scale, offset }, attributes: { epsilon } }) => {
      const handles = [backend.handleOf(x!), backend.handleOf(scale!), backend.handleOf(offset!)] as const;
      return backend.wrap(torch.layerNorm(...handles, epsilon), x!.shape);
    },
  );
  registerTorchKernel<NormAttributes>(
    FusedKernel.RmsNorm,
    ({ torch, backend, inputs: { x, scale }, attributes: { epsilon } }) =>
      backend.wrap(torch.rmsNorm(backend.handleOf(x!), backend.handleOf(scale!), epsilon), x!.shape),
  );
  registerTorchKernel(FusedKernel.Gelu, ({ torch, backend, inputs: { x } }) =>
    backend.wrap(torch.gelu(backend.handleOf(x!)), x!.shape),
  );
  registerTorchKernel(FusedKernel.Swiglu, ({ torch, backend, inputs: { gate, up } }) =>
    backend.wrap(torch.swiglu(backend.handleOf(gate!), backend.handleOf(up!)), gate!.shape),
  );
  registerTorchKernel<RotaryAttributes>(
    FusedKernel.RotaryEmbedding,
    ({ torch, backend, inputs: { x, positions, cosine, sine }, attributes: { inverse } }) => {
      checkIds(backend, FusedKernel.RotaryEmbedding, 'positions', positions!, cosine!.shape[0]!);
      const like = backend.handleOf(x!);
      const places = backend.handleOf(positions!);
      // All layers rotate by the same angles.
      const angles = backend
        .dataOf(positions!)
        .derived(inverse ? backend.dataOf(sine!) : backend.dataOf(cosine!), () => [
          torch.rotaryCosines(places, backend.handleOf(cosine!), like),
          torch.rotarySines(places, backend.handleOf(sine!), like, inverse),
        ]);
      return backend.wrap(torch.rotate(like, angles[0]!, angles[1]!), x!.shape);
    },
  );
  registerTorchKernel(FusedKernel.EmbeddingLookup, ({ torch, backend, inputs: { table, ids } }) => {
    checkIds(backend, FusedKernel.EmbeddingLookup, 'ids', ids!, table!.shape[0]!);
    const rows = torch.embedding(backend.handleOf(table!), backend.handleOf(ids!));
    return backend.wrap(rows, [...ids!.shape, table!.shape[1]!]);
  });
  registerTorchKernel<CrossEntropyAttributes>(
    FusedKernel.SoftmaxCrossEntropy,
    ({ torch, backend, inputs: { logits, labels }, attributes: { ignoreIndex } }) => {
      checkIds(backend, FusedKernel.SoftmaxCrossEntropy, 'labels', labels!, logits!.shape[1]!, ignoreIndex);
      const losses = torch.crossEntropy(backend.handleOf(logits!), backend.handleOf(labels!), ignoreIndex);
      return backend.wrap(losses, labels!.shape);
    },
  );
  registerTorchKernel<CrossEntropyAttributes>(
    PROJECTED_CROSS_ENTROPY,
    ({ torch, backend, inputs: { x, weight, labels }, attributes: { ignoreIndex } }) => {
      checkIds(backend, PROJECTED_CROSS_ENTROPY, 'labels', labels!, weight!.shape[0]!, ignoreIndex);
      const handles = [backend.handleOf(x!), backend.handleOf(weight!), backend.handleOf(labels!)] as const;
      return backend.wrap(torch.projectedCrossEntropy(...handles, ignoreIndex, backend.logitsAtOnce), labels!.shape);
    },
  );
  registerTorchKernel<CacheWriteAttributes>(
    FusedKernel.CacheWrite,
    ({ torch, backend, inputs: { cache, rows }, attributes: { place } }) =>
      backend.wrap(torch.cacheWrite(backend.handleOf(cache!), backend.handleOf(rows!), place), cache!.shape),
  );
  registerAttention();
}

function registerAttention(): void {
  const biases = new AttentionBiases();
  registerTorchKernel<DescribedAttentionAttributes>(
    DESCRIBED_ATTENTION,
    ({ torch, backend, inputs: { query, key, value }, attributes: { mask, scale } }) => {
      const handles = [backend.handleOf(query!), backend.handleOf(key!), backend.handleOf(value!)] as const;
      const [batch, targets] = query!.shape as [number, number];
      const { bias, sources, isCausal } = biases.of(
        mask,
        { batch, targets, places: key!.shape[1]! },
        backend,
        handles[0],
      );
      const mixed = torch.attention(...handles, bias, sources, isCausal, scale);
      if (mask.kind === 'dense') torch.free(bias);
      return [backend.wrap(mixed, query!.shape)];
    },
  );
}

/** Ids that came from JavaScript are checked there: on a GPU a bad one would end the process. */
function checkIds(
  backend: TorchBackend,
  kernel: string,
  input: string,
  ids: TensorInfo,
  limit: number,
  ignored?: number,
): void {
  const { integers } = backend.dataOf(ids);
  if (integers === undefined) return;
  const position = integers.findIndex((id) => (id < 0 || id >= limit) && id !== ignored);
  if (position < 0) return;
  throw new EngineError({ code: 'index-out-of-range', kernel, input, position, index: integers[position]!, limit });
}
