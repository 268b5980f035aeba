/** @file Counts what passes through the native binding: traced nodes, handles, copied bytes, live tensors. */
import { backend, type Attribute, type Binding } from '../binding.ts';

/** What happened while something ran. */
export interface Tally {
  /** Nodes added to traced functions, by operation; constants as `Const`. */
  readonly nodes: Readonly<Record<string, number>>;
  /** Native handles that were made. */
  readonly handles: number;
  /** Bytes copied from the host to the device. */
  readonly bytesToDevice: number;
  /** Bytes copied from the device to the host. */
  readonly bytesToHost: number;
  /** Native tensors alive before. */
  readonly tensorsBefore: number;
  /** Most native tensors alive at once. */
  readonly peakTensors: number;
}

/** Runs `f` and counts what it asks of the binding. Calls may not be nested. */
export function tallied<T>(f: () => T): { readonly result: T; readonly tally: Tally } {
  const node = backend();
  const native = node.binding;
  const nodes: Record<string, number> = {};
  const tensorsBefore = native.getNumOfTensors();
  let [bytesToDevice, bytesToHost, peakTensors] = [0, 0, tensorsBefore];
  const counted = <R>(result: R): R => {
    peakTensors = Math.max(peakTensors, native.getNumOfTensors());
    return result;
  };
  const traced = (name: string): void => {
    nodes[name] = (nodes[name] ?? 0) + 1;
  };
  const watched: Partial<Binding> = {
    createTensor: (shape, dtype, values) => {
      bytesToDevice += bytesOf(values);
      return counted(native.createTensor(shape, dtype, values));
    },
    bytesToTensor: (shape, dtype, bytes) => {
      bytesToDevice += bytes.length;
      return counted(native.bytesToTensor(shape, dtype, bytes));
    },
    tensorDataSync: (id) => {
      const data = native.tensorDataSync(id);
      bytesToHost += data.byteLength;
      return data;
    },
    tensorToBytes: (id) => {
      const bytes = native.tensorToBytes(id);
      bytesToHost += bytes.length;
      return bytes;
    },
    executeOp: (name: string, attributes: readonly Attribute[], inputs: readonly number[], outputs: number) =>
      counted(native.executeOp(name, attributes, inputs, outputs)),
    traceOp: (name, attributes, inputs, options) => {
      traced(name);
      return native.traceOp(name, attributes, inputs, options);
    },
    traceConst: (id) => {
      traced('Const');
      return native.traceConst(id);
    },
  };
  const before = native.handlesMade();
  node.binding = Object.create(
    native,
    Object.fromEntries(Object.entries(watched).map(([name, value]) => [name, { value }])),
  ) as Binding;
  try {
    const result = f();
    const handles = native.handlesMade() - before;
    return { result, tally: { nodes, handles, bytesToDevice, bytesToHost, tensorsBefore, peakTensors } };
  } finally {
    node.binding = native;
  }
}

/** Bytes of the values of a new tensor; arrays of numbers are taken as four bytes each. */
function bytesOf(values: unknown): number {
  return ArrayBuffer.isView(values) ? values.byteLength : 4 * (values as ArrayLike<unknown>).length;
}
