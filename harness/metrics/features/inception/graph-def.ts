/**
 * @file Parses and writes frozen TensorFlow graphs (`GraphDef`): nodes, attributes, constants as arrays.
 *
 * Source: tensorflow `core/framework/graph.proto`, `node_def.proto`, `attr_value.proto`, `tensor.proto` (field numbers only).
 */
import protobuf from 'protobufjs';
import { DataError, described } from '../../../core/errors.ts';
import { signatureOf, strangeFile } from '../../../formats/signature.ts';

const wholeGraph = 'a whole frozen TensorFlow graph';
const fetchAgain = 'Fetch the file again';

const schema = `
syntax = "proto3";
message GraphDef { repeated NodeDef node = 1; VersionDef versions = 4; }
message VersionDef { int32 producer = 1; }
message NodeDef { string name = 1; string op = 2; repeated string input = 3; map<string, AttrValue> attr = 5; }
message AttrValue { ListValue list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; int32 type = 6; TensorProto tensor = 8; }
message ListValue { repeated int64 i = 3; }
message TensorProto {
  int32 dtype = 1; TensorShapeProto tensor_shape = 2; bytes tensor_content = 4;
  repeated float float_val = 5; repeated int32 int_val = 7; repeated bytes string_val = 8;
}
message TensorShapeProto { repeated Dim dim = 2; }
message Dim { int64 size = 1; }
`;

const GraphDef = protobuf.parse(schema, { keepCase: true }).root.lookupType('GraphDef');

/** TensorFlow's numbers of the element types that occur in such graphs. */
const types = { float: 1, int32: 3, string: 7 } as const;

export interface Constant {
  readonly shape: readonly number[];
  /** float32, int32, or, for strings, the bytes of the first one. */
  readonly values: Float32Array | Int32Array | Uint8Array;
}

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** Names of the data inputs, without output numbers and without control edges. */
  readonly inputs: readonly string[];
  readonly constant?: Constant;
  readonly texts: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, number>>;
  readonly lists: Readonly<Record<string, readonly number[]>>;
}

export interface FrozenGraph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** The version of the TensorFlow that wrote the graph; null where the file does not say. */
  readonly producer: number | null;
}

/**
 * Parses the bytes of a `.pb` file.
 * @param where the file, for errors
 * @throws DataError when the bytes are no GraphDef, or a constant is not what its shape promises
 */
export function parseGraphDef(where: string, bytes: Uint8Array): FrozenGraph {
  const graph = decode(where, bytes);
  const nodes = new Map<string, GraphNode>();
  for (const raw of graph.node ?? []) nodes.set(raw.name ?? '', readNode(where, raw));
  if (nodes.size === 0 || [...nodes.values()].some(({ name, op }) => name === '' || op === '')) {
    throw (
      strange(where, bytes) ??
      notGraph(where, nodes.size === 0 ? 'a file without graph nodes' : 'graph nodes without name or operation')
    );
  }
  return { nodes, producer: graph.versions?.producer ?? null };
}

/** The bytes of a `.pb` file from which `parseGraphDef` makes this graph. Numbers are written as floats. */
export function encodeGraphDef({ nodes, producer }: FrozenGraph): Uint8Array {
  const raw: RawGraph = {
    node: Array.from(nodes.values(), rawNode),
    ...(producer === null ? {} : { versions: { producer } }),
  };
  return GraphDef.encode(GraphDef.create(raw)).finish();
}

function rawNode({ name, op, inputs, constant, texts, numbers, lists }: GraphNode): RawNode {
  const attr: Record<string, RawAttribute> = {};
  for (const [key, text] of Object.entries(texts)) attr[key] = { s: new TextEncoder().encode(text) };
  for (const [key, f] of Object.entries(numbers)) attr[key] = { f };
  for (const [key, i] of Object.entries(lists)) attr[key] = { list: { i } };
  if (constant) attr.value = { tensor: rawTensor(constant) };
  return { name, op, input: inputs, attr };
}

function rawTensor({ shape, values }: Constant): RawTensor {
  const tensor_shape = { dim: shape.map((size) => ({ size })) };
  if (values instanceof Uint8Array) return { dtype: types.string, tensor_shape, string_val: [values] };
  const dtype = values instanceof Float32Array ? types.float : types.int32;
  const tensor_content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype, tensor_shape, tensor_content };
}

interface RawTensor {
  readonly dtype?: number;
  readonly tensor_shape?: { readonly dim?: readonly { readonly size?: number }[] };
  readonly tensor_content?: Uint8Array;
  readonly float_val?: readonly number[];
  readonly int_val?: readonly number[];
  readonly string_val?: readonly Uint8Array[];
}

interface RawAttribute {
  readonly list?: { readonly i?: readonly number[] };
  readonly s?: Uint8Array;
  readonly i?: number;
  readonly f?: number;
  readonly b?: boolean;
  readonly tensor?: RawTensor;
}

interface RawNode {
  readonly name?: string;
  readonly op?: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, RawAttribute>>;
}

interface RawGraph {
  readonly node?: readonly RawNode[];
  readonly versions?: { readonly producer?: number };
}

/** What a file is that is no graph; undefined where its first bytes may be those of one. */
function strange(where: string, bytes: Uint8Array): DataError | undefined {
  const kind = signatureOf(bytes);
  if (bytes.length === 0 || kind === undefined || kind === 'a graph of TensorFlow') return undefined;
  return strangeFile(where, bytes, wholeGraph, { remedy: fetchAgain });
}

function decode(where: string, bytes: Uint8Array): RawGraph {
  try {
    return GraphDef.toObject(GraphDef.decode(bytes), { longs: Number });
  } catch (thrown) {
    throw strange(where, bytes) ?? notGraph(where, 'bytes that are no TensorFlow graph, or not all of it', thrown);
  }
}

function readNode(where: string, raw: RawNode): GraphNode {
  const texts: Record<string, string> = {};
  const numbers: Record<string, number> = {};
  const lists: Record<string, readonly number[]> = {};
  let constant: Constant | undefined;
  for (const [name, value] of Object.entries(raw.attr ?? {})) {
    if (value.tensor) constant = readTensor(`${where}, constant "${raw.name ?? ''}"`, value.tensor);
    else if (value.s) texts[name] = new TextDecoder().decode(value.s);
    else if (value.list) lists[name] = value.list.i ?? [];
    else if (value.b !== undefined) numbers[name] = value.b ? 1 : 0;
    else numbers[name] = value.f ?? value.i ?? 0;
  }
  return {
    name: raw.name ?? '',
    op: raw.op ?? '',
    inputs: (raw.input ?? []).filter((input) => !input.startsWith('^')).map((input) => input.replace(/:0$/, '')),
    ...(constant ? { constant } : {}),
    texts,
    numbers,
    lists,
  };
}

function readTensor(where: string, raw: RawTensor): Constant {
  const shape = (raw.tensor_shape?.dim ?? []).map(({ size }) => size ?? 0);
  const count = shape.reduce((product, size) => product * size, 1);
  if (raw.dtype === types.string) return { shape, values: raw.string_val?.[0] ?? new Uint8Array(0) };
  if (raw.dtype !== types.float && raw.dtype !== types.int32) {
    throw notGraph(where, `elements of type ${raw.dtype ?? 0}`);
  }
  const content = raw.tensor_content ?? new Uint8Array(0);
  if (content.length > 0) {
    if (content.length !== count * 4) throw notGraph(where, `${content.length} bytes for ${count} numbers`);
    const { buffer } = Uint8Array.from(content);
    return { shape, values: raw.dtype === types.float ? new Float32Array(buffer) : new Int32Array(buffer) };
  }
  const listed = (raw.dtype === types.float ? raw.float_val : raw.int_val) ?? [];
  if (listed.length > count || listed.length === 0) throw notGraph(where, `${listed.length} numbers for ${count}`);
  const values = raw.dtype === types.float ? new Float32Array(count) : new Int32Array(count);
  // The format lets trailing equal values be left out.
  for (let i = 0; i < count; i++) values[i] = listed[Math.min(i, listed.length - 1)]!;
  return { shape, values };
}

function notGraph(where: string, got: string, cause?: unknown): DataError {
  return new DataError(
    {
      where,
      got: described(got),
      expected: wholeGraph,
      remedy: fetchAgain,
    },
    cause === undefined ? undefined : { cause },
  );
}
