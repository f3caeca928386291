/** Entry of the kernel module: every exported function takes raw addresses and sizes; see the files for their contracts. */
export { gelu, geluGradient, swiglu, swigluGradient } from './activation';
export { attention, attentionGradient } from './attention';
export {
  absolute, add, cos, divide, exp, fill, floatFromByte, floatFromInteger, log, maximum, minimum, multiply, negate,
  reciprocal, reciprocalSquareRoot, rectify, sigmoid, sin, square, squaredDifference, squareRoot, subtract, tanh,
} from './elementwise';
export { embeddingGradient, embeddingLookup, rotaryEmbedding } from './embedding';
export { gemm, gemmBatched } from './gemm';
export { copyRows, stridedCopy } from './layout';
export { softmaxCrossEntropy, softmaxCrossEntropyGradient, softmaxRows } from './loss';
export { layerNorm, layerNormGradient, rmsNorm, rmsNormGradient } from './norm';
export { adamW, squaredNorm } from './optimizer';
export { maximumRows, sumColumns, sumRows } from './reduction';
export { heapStart } from './workspace';
