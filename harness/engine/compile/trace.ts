/**
 * @file Trace of a function: stands in for the native binding and adds graph nodes instead of running.
 *
 * It is active while the function runs symbolically.
 */
import type { DataId, TensorInfo } from '@tensorflow/tfjs-core';
import { EngineError, described } from '../../core/errors.ts';
import { attribute, dtypes, type Attribute, type Binding, type NodeBackend, type NativeTensor } from '../binding.ts';
import type { Precision } from '../../core/precision.ts';
import { executeRounded } from './bfloat16.ts';
import { presentPlace } from './place.ts';
import { Simplifier } from './simplify.ts';

/** Operations with a list input: how many single inputs follow the list. TensorFlow.js passes all inputs flat. */
const inputsAfterList: Readonly<Record<string, number>> = { ConcatV2: 1, AddN: 0, Pack: 0, IdentityN: 0, Einsum: 0 };

/** Operations whose last input is a list that stays empty here. */
const emptyListLast = new Set(['CollectiveReduceV2', 'CollectiveGatherV2', 'CollectiveAllToAllV2']);

/** Constants of at least so many equal values become a Fill instead of bytes in the graph. */
const fillFrom = 256;
/** Constants of at most so many values are shared between their uses. */
const shareUpTo = 64;

let active: Trace | undefined;

/** The trace in progress, if any. */
export function activeTrace(): Trace | undefined {
  return active;
}

export function setActiveTrace(trace: Trace | undefined): void {
  active = trace;
}

export interface TraceOptions {
  readonly precision?: Precision;
  readonly xla?: boolean;
}

export class Trace {
  /** Host tensors whose values were read from outside: their data ids in the order of the function's extra arguments. */
  readonly captures = new Map<DataId, { readonly input: number }>();
  nodes = 0;
  /** Whether XLA will compile the function. */
  readonly xla: boolean;
  private readonly native: Binding;
  private readonly node: NodeBackend;
  private readonly precision: Precision;
  private readonly tensors = new Map<number, NativeTensor>();
  private readonly simplifier = new Simplifier(this.tensors);
  private readonly sharedConstants = new Map<string, number>();
  private readonly hostValues = new Map<DataId, number>();
  private readonly writtenInside = new WeakSet();
  private readonly casts = new Map<number, number>();

  constructor(node: NodeBackend, native: Binding, { precision = 'float32', xla = false }: TraceOptions) {
    this.xla = xla;
    this.node = node;
    this.native = native;
    this.precision = precision;
  }

  /** An argument of the function being built. */
  placeholder(dtype: number, shape: readonly number[]): NativeTensor {
    const tensor = this.native.tracePlaceholder(dtype, shape);
    this.tensors.set(tensor.id, tensor);
    return tensor;
  }

  /** Adds a node; with `control`, it runs after the nodes of those ids. */
  add(
    name: string,
    attributes: readonly Attribute[],
    ids: readonly number[],
    options?: { control?: readonly number[]; shape?: readonly number[] },
  ): NativeTensor[] {
    const simpler = this.simplifier.replace(name, attributes, ids);
    if ('id' in simpler) return [simpler];
    const tail = inputsAfterList[name];
    const single = emptyListLast.has(name) ? [...simpler, []] : simpler;
    const inputs = tail === undefined ? single : [ids.slice(0, ids.length - tail), ...ids.slice(ids.length - tail)];
    const place = presentPlace();
    const outputs = this.native.traceOp(name, attributes, inputs, place === '' ? options : { ...options, place });
    for (const output of outputs) this.tensors.set(output.id, output);
    if (name === 'Reshape') this.simplifier.noteReshape(simpler, outputs[0]!);
    this.nodes += 1;
    return outputs;
  }

  /** Marks host values that were written while tracing: they become constants, not captured inputs. */
  noteWritten(dataId: DataId): void {
    this.writtenInside.add(dataId);
  }

  /** The symbolic ids of tensors; tensors from outside become inputs of the function. */
  readonly inputIds = (tensors: readonly TensorInfo[]): number[] => tensors.map((tensor) => this.idOf(tensor));

  // What replaces the native functions of the same name while tracing.
  readonly binding = {
    executeOp: (
      name: string,
      attributes: readonly Attribute[],
      ids: readonly number[],
      outputs: number,
    ): NativeTensor[] => {
      for (const id of ids) if (id > -2) throw strayHandle(name);
      if (this.precision === 'float32') return this.add(name, attributes, ids);
      const host = {
        execute: (n: string, a: readonly Attribute[], i: readonly number[]) => this.add(n, a, i),
        dtypeOf: (id: number) => this.tensors.get(id)?.dtype,
        release: () => undefined,
        casts: this.casts,
      };
      return executeRounded(host, name, attributes, ids, outputs);
    },
    createTensor: (shape: readonly number[], dtype: number, values: unknown): number =>
      this.constant(shape, dtype, values),
    bytesToTensor: (shape: readonly number[], dtype: number, bytes: Uint8Array): number => {
      const real = this.native.bytesToTensor(shape, dtype, bytes);
      return this.constantOf(real);
    },
    deleteTensor: (id: number): void => {
      if (id >= 0) this.native.deleteTensor(id);
    },
    tensorDataSync: (): never => {
      throw valueRead();
    },
    tensorToBytes: (): never => {
      throw valueRead();
    },
  } satisfies Partial<Binding>;

  private idOf(tensor: TensorInfo): number {
    if (!this.node.tensorMap.has(tensor.dataId)) {
      throw new EngineError({
        where: 'compile',
        got: described('a tensor that was disposed of'),
        expected: 'living tensors',
        remedy: 'Keep tensors alive while a function that uses them is compiled',
      });
    }
    const record = this.node.tensorMap.get(tensor.dataId)!;
    if (record.id <= -2) return record.id;
    if (this.writtenInside.has(tensor.dataId)) {
      let id = this.hostValues.get(tensor.dataId);
      if (id === undefined) {
        id = this.constant(record.shape, record.dtype, record.values);
        this.hostValues.set(tensor.dataId, id);
      }
      return id;
    }
    let capture = this.captures.get(tensor.dataId);
    if (!capture) {
      capture = { input: this.placeholder(record.dtype, record.shape).id };
      this.captures.set(tensor.dataId, capture);
    }
    return capture.input;
  }

  private constant(shape: readonly number[], dtype: number, values: unknown): number {
    const list = values as ArrayLike<unknown>;
    if (list.length >= fillFrom && (dtype === dtypes.float32 || dtype === dtypes.int32) && isUniform(list)) {
      const size = this.constant([shape.length], dtypes.int32, Int32Array.from(shape));
      const one = dtype === dtypes.float32 ? Float32Array.of(Number(list[0])) : Int32Array.of(Number(list[0]));
      const value = this.constant([], dtype, one);
      const attributes = [attribute.type('T', dtype), attribute.type('index_type', dtypes.int32)];
      return this.add('Fill', attributes, [size, value])[0]!.id;
    }
    const key =
      list.length <= shareUpTo ? `${dtype}[${shape.join(',')}]${Array.from(list, keyOf).join(',')}` : undefined;
    const shared = key === undefined ? undefined : this.sharedConstants.get(key);
    if (shared !== undefined) return shared;
    const id = this.constantOf(this.native.createTensor(shape, dtype, values));
    if (shape.length === 1 && list.length <= shareUpTo) this.simplifier.noteConstant(id, dtype, list);
    if (key !== undefined) this.sharedConstants.set(key, id);
    return id;
  }

  private constantOf(real: number): number {
    const tensor = this.native.traceConst(real);
    this.native.deleteTensor(real);
    this.tensors.set(tensor.id, tensor);
    this.nodes += 1;
    return tensor.id;
  }
}

function isUniform(list: ArrayLike<unknown>): boolean {
  const first = list[0];
  for (let i = 1; i < list.length; i++) if (!Object.is(list[i], first)) return false;
  return true;
}

/** -0 and 0 are different constants, NaN is one. */
function keyOf(value: unknown): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function strayHandle(name: string): EngineError {
  return new EngineError({
    where: `compile, at ${name}`,
    got: described('the native handle of a tensor made outside the function'),
    expected: 'tensors that belong to the trace',
    remedy: 'Pass the tensor as an argument, or use it through TensorFlow.js operations',
  });
}

function valueRead(): EngineError {
  return new EngineError({
    where: 'compile',
    got: described("a read of a tensor's value (dataSync, arraySync, data, print)"),
    expected: 'operations only: the function is being traced, there are no values yet',
    remedy: 'Return the tensor and read it outside, or compute with operations',
  });
}
