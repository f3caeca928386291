/** Elementwise kernels: each is one operation of the addon on handles, with the shape that broadcasting gives. */
import { broadcast_util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { type BinaryOperation, TorchType, type UnaryOperation } from '../addon.js';
import { registerTorchKernel, sizeOf } from './register.js';

const UNARY: Readonly<Record<string, UnaryOperation>> = {
  Abs: 'abs',
  Ceil: 'ceil',
  Cos: 'cos',
  Exp: 'exp',
  Floor: 'floor',
  Identity: 'alias',
  Log: 'log',
  LogicalNot: 'logicalNot',
  Neg: 'neg',
  OnesLike: 'onesLike',
  Reciprocal: 'reciprocal',
  Relu: 'relu',
  Round: 'round',
  Rsqrt: 'rsqrt',
  Sigmoid: 'sigmoid',
  Sign: 'sign',
  Sin: 'sin',
  Sqrt: 'sqrt',
  Square: 'square',
  Tanh: 'tanh',
  ZerosLike: 'zerosLike',
};

const ARITHMETIC: Readonly<Record<string, BinaryOperation>> = {
  Add: 'add',
  Sub: 'sub',
  Multiply: 'mul',
  RealDiv: 'div',
  Maximum: 'maximum',
  Minimum: 'minimum',
  SquaredDifference: 'squaredDifference',
};

/** Operations that take a number in place of their second operand; subtraction adds the opposite. */
const WITH_NUMBER = { Add: 'addNumber', Sub: 'addNumber', Multiply: 'mulNumber', RealDiv: 'divNumber' } as const;

const COMPARISON: Readonly<Record<string, BinaryOperation>> = {
  Equal: 'equal',
  NotEqual: 'notEqual',
  Greater: 'greater',
  GreaterEqual: 'greaterEqual',
  Less: 'less',
  LessEqual: 'lessEqual',
  LogicalAnd: 'logicalAnd',
  LogicalOr: 'logicalOr',
};

const TYPES = { float32: TorchType.float32, int32: TorchType.int32, bool: TorchType.bool } as const;

export function registerElementwiseKernels(): void {
  for (const [name, operation] of Object.entries(UNARY)) {
    registerTorchKernel(name, ({ torch, backend, inputs: { x } }) =>
      backend.wrap(torch[operation](backend.handleOf(x!)), x!.shape, x!.dtype),
    );
  }
  for (const [name, operation] of Object.entries(ARITHMETIC)) registerArithmetic(name, operation);
  for (const [name, operation] of Object.entries(COMPARISON)) {
    registerTorchKernel(name, ({ torch, backend, inputs: { a, b } }) =>
      backend.wrap(torch[operation](backend.handleOf(a!), backend.handleOf(b!)), broadcast(a!, b!), 'bool'),
    );
  }
  registerTorchKernel('AddN', ({ torch, backend, inputs }) => {
    const parts = Object.values(inputs);
    const [{ shape, dtype }] = parts as [TensorInfo];
    return backend.wrap(torch.addAll(parts.map((part) => backend.handleOf(part))), shape, dtype);
  });
  registerTorchKernel('Select', ({ torch, backend, inputs: { condition, t, e } }) => {
    const chosen = torch.where(backend.handleOf(condition!), backend.handleOf(t!), backend.handleOf(e!));
    return backend.wrap(chosen, broadcast(condition!, t!), t!.dtype);
  });
  registerTorchKernel<{ dtype: DataType }>('Cast', ({ torch, backend, inputs: { x }, attributes: { dtype } }) => {
    // What is called float32 may be of another precision, which a cast to float32 keeps.
    if (x!.dtype === dtype) return backend.wrap(torch.alias(backend.handleOf(x!)), x!.shape, dtype);
    return backend.wrap(torch.cast(backend.handleOf(x!), TYPES[dtype as keyof typeof TYPES]), x!.shape, dtype);
  });
  registerTorchKernel<{ shape: number[]; value: number; dtype: DataType }>(
    'Fill',
    ({ torch, backend, attributes: { shape, value, dtype = 'float32' } }) =>
      shape.length === 0 && dtype === 'float32'
        ? backend.wrapNumber(value)
        : backend.wrap(torch.full(shape, value, TYPES[dtype as keyof typeof TYPES]), shape, dtype),
  );
}

function registerArithmetic(name: string, operation: BinaryOperation): void {
  const withNumber = WITH_NUMBER[name as keyof typeof WITH_NUMBER];
  registerTorchKernel(name, ({ torch, backend, inputs: { a, b } }) => {
    const { number } = backend.dataOf(b!);
    if (withNumber !== undefined && number !== undefined && a!.dtype === 'float32') {
      const result = torch[withNumber](backend.handleOf(a!), name === 'Sub' ? -number : number);
      return backend.wrap(result, a!.shape);
    }
    return backend.wrap(torch[operation](backend.handleOf(a!), backend.handleOf(b!)), broadcast(a!, b!), a!.dtype);
  });
}

function broadcast(a: TensorInfo, b: TensorInfo): readonly number[] {
  const isSame = a.shape.length === b.shape.length && a.shape.every((length, axis) => length === b.shape[axis]);
  if (isSame || (sizeOf(b.shape) === 1 && b.shape.length <= a.shape.length)) return a.shape;
  return broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
}
