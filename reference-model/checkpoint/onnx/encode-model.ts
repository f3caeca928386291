/**
 * A graph as the message `ModelProto` of ONNX (onnx.proto of version 1.12, IR version 8: field numbers stand beside their names there).
 * A weight stands in the file itself, or in another file beside it of which only name, place and length are written here.
 */
import {
  type Attribute,
  DATA_TYPES,
  type Graph,
  OPERATOR_SET,
  type Operation,
  type Port,
  type Weight,
} from './graph.js';
import { type Encoded, floatField, integerField, joined, messageField, textField } from './protobuf.js';

const IR_VERSION = 8;
const PRODUCER = 'vlm-bench';

/** `AttributeProto.AttributeType`. */
const [FLOAT, INT, INTS] = [1, 2, 7];
/** `TensorProto.DataLocation`. */
const EXTERNAL = 1;

/** Where a weight lies outside of the model's own file. */
export interface ExternalPlace {
  readonly file: string;
  readonly offset: number;
}

/** @param placeOf undefined for a weight of the file itself */
export function encodeModel(graph: Graph, placeOf: (weight: Weight) => ExternalPlace | undefined): Encoded {
  const operatorSet = joined([textField(1, ''), integerField(2, OPERATOR_SET)]);
  return joined([
    integerField(1, IR_VERSION),
    textField(2, PRODUCER),
    messageField(7, encodeGraph(graph, placeOf)),
    messageField(8, operatorSet),
  ]);
}

function encodeGraph(
  { name, operations, weights, inputs, outputs }: Graph,
  placeOf: (weight: Weight) => ExternalPlace | undefined,
): Encoded {
  return joined([
    ...operations.map((operation) => messageField(1, encodeOperation(operation))),
    textField(2, name),
    ...weights.map((weight) => messageField(5, encodeWeight(weight, placeOf(weight)))),
    ...inputs.map((port) => messageField(11, encodePort(port))),
    ...outputs.map((port) => messageField(12, encodePort(port))),
  ]);
}

function encodeOperation({ type, inputs, outputs, attributes }: Operation): Encoded {
  return joined([
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
    textField(3, outputs[0]!),
    textField(4, type),
    ...Object.entries(attributes).map(([name, value]) => messageField(5, encodeAttribute(name, value))),
  ]);
}

function encodeAttribute(name: string, value: Attribute): Encoded {
  if (typeof value === 'number') return joined([textField(1, name), integerField(3, value), integerField(20, INT)]);
  if ('float' in value) return joined([textField(1, name), floatField(2, value.float), integerField(20, FLOAT)]);
  return joined([textField(1, name), ...value.map((item) => integerField(8, item)), integerField(20, INTS)]);
}

/** The bytes of a weight, each piece valid until the next. @throws RangeError when they are not as many as were promised */
export function* contentOf({ name, bytes, read, parts }: Weight): Generator<Uint8Array> {
  let length = 0;
  for (const piece of parts?.() ?? [read()]) {
    length += piece.length;
    yield piece;
  }
  if (length !== bytes) throw new RangeError(`The weight ${name} has ${length} bytes instead of ${bytes}.`);
}

function encodeWeight(weight: Weight, place: ExternalPlace | undefined): Encoded {
  const { name, type, shape, bytes } = weight;
  const head = [...shape.map((size) => integerField(1, size)), integerField(2, DATA_TYPES[type]), textField(8, name)];
  if (place === undefined) {
    const pieces = (): Iterable<Uint8Array> => contentOf(weight);
    return joined([...head, messageField(9, { size: bytes, pieces })]);
  }
  const facts = { location: place.file, offset: `${place.offset}`, length: `${bytes}` };
  const entries = Object.entries(facts).map(([key, value]) =>
    messageField(13, joined([textField(1, key), textField(2, value)])),
  );
  return joined([...head, ...entries, integerField(14, EXTERNAL)]);
}

function encodePort({ name, type, shape }: Port): Encoded {
  const sizes = shape.map((size) =>
    messageField(1, typeof size === 'string' ? textField(2, size) : integerField(1, size)),
  );
  const tensor = joined([integerField(1, DATA_TYPES[type]), messageField(2, joined(sizes))]);
  return joined([textField(1, name), messageField(2, messageField(1, tensor))]);
}
