/** @file Types of the native binding as compiled here, and of TensorFlow.js's backend built on it. */
import * as tf from '@tensorflow/tfjs-core';
import type { DataId, TensorInfo } from '@tensorflow/tfjs-core';

/** TensorFlow's numbers of the element types (TF_DataType). */
export const dtypes = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  float16: 19,
  resource: 20,
  uint32: 22,
  uint64: 23,
} as const;

/** TensorFlow's numbers of the attribute types (TF_AttrType). */
const attributeTypes = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

/** One attribute of an operation, in the form in which the binding takes it. */
export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** Makers of attributes: `attribute.type('T', dtypes.float32)`. Each value may be a list where the operation takes one. */
export const attribute = {
  string: (name: string, value: string | readonly string[]): Attribute => ({
    name,
    type: attributeTypes.string,
    value,
  }),
  int: (name: string, value: number | readonly number[]): Attribute => ({ name, type: attributeTypes.int, value }),
  float: (name: string, value: number | readonly number[]): Attribute => ({ name, type: attributeTypes.float, value }),
  bool: (name: string, value: boolean): Attribute => ({ name, type: attributeTypes.bool, value }),
  type: (name: string, value: number | readonly number[]): Attribute => ({ name, type: attributeTypes.type, value }),
  shape: (name: string, value: readonly number[]): Attribute => ({ name, type: attributeTypes.shape, value }),
};

/** A tensor of the binding: `id` >= 0 is a real handle, <= -2 a symbolic one of the active trace. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

interface TraceOptions {
  readonly device?: string;
  readonly control?: readonly number[];
  readonly shape?: readonly number[];
  readonly place?: string;
}

/** The functions of the addon: those of the npm package, then this project's own (harness/engine/native). */
export interface Binding {
  createTensor(shape: readonly number[], dtype: number, values: unknown): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(name: string, attributes: readonly Attribute[], inputs: readonly number[], outputs: number): NativeTensor[];
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
  readonly TF_Version: string;

  bytesToTensor(shape: readonly number[], dtype: number, bytes: Uint8Array): number;
  tensorToBytes(id: number): Uint8Array<ArrayBuffer>;
  /** The TF_DataType of a handle. */
  dtypeOf(id: number): number;
  listDevices(): string[];
  setTensorFloat32(allowed: boolean): boolean;
  handlesMade(): number;
  /** Whether this processor rounds a product and a sum at once by one instruction (FMA). */
  fusesProducts(): boolean;

  /** Joins the cluster of a ServerDef; the process's gRPC server runs from then on. */
  enableCollectives(serverDef: Uint8Array): void;
  watchPeers(names: readonly string[], everyMs: number, answerMs: number, misses: number): void;
  unwatchPeers(): void;
  /** What the watch says of the peer that was lost; empty while none is. */
  lostPeer(): string;

  beginTrace(): void;
  abortTrace(): void;
  tracePlaceholder(dtype: number, shape: readonly number[]): NativeTensor;
  traceConst(id: number): NativeTensor;
  traceOp(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly (number | readonly number[])[],
    options?: TraceOptions,
  ): NativeTensor[];
  traceGraphDef(
    bytes: Uint8Array,
    replaced: readonly string[],
    ids: readonly number[],
    wanted: readonly string[],
  ): NativeTensor[];
  endTrace(name: string, inputs: readonly number[], outputs: readonly number[], control: readonly number[]): number;
  /** Ends the trace by running it; TensorFlow's RunMetadata of each run. */
  runTrace(
    inputs: readonly number[],
    handles: readonly number[],
    outputs: readonly number[],
    threads: number,
    runs: number,
  ): Uint8Array[];
  removeFunction(name: string): void;
}

/** What TensorFlow.js's node backend keeps per tensor: a handle, or values that are uploaded at first use. */
interface TensorRecord {
  readonly shape: number[];
  readonly dtype: number;
  values: unknown;
  id: number;
  refCount: number;
}

/** The node backend; the members that the package declares private are part of this pinned version's surface for us. */
export interface NodeBackend {
  binding: Binding;
  readonly tensorMap: { get(id: DataId): TensorRecord | undefined; has(id: DataId): boolean };
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  createOutputTensor(output: NativeTensor): tf.Tensor;
  move(id: DataId, values: unknown, shape: number[], dtype: tf.DataType, refCount: number): void;
}

/** The backend of the loaded engine. */
export function backend(): NodeBackend {
  return tf.backend() as unknown as NodeBackend;
}
