/**
 * @file `compile(fn)`: traces a function of tensors, once per signature, into one TensorFlow function.
 *
 * It then runs as one operation.
 *
 * The meaning is that of `jax.jit`: trees of tensors in and out, tensors from outside captured as inputs, no side effects, no reading of
 * values. Model, loss and optimizer are written in plain TensorFlow.js operations and know nothing of it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { EngineError, described } from '../../core/errors.ts';
import type { Precision } from '../../core/precision.ts';
import { attribute, backend, type Attribute, type Binding, type NodeBackend } from '../binding.ts';
import { executeRounded } from './bfloat16.ts';
import { keepPlacesOfGradients } from './place.ts';
import { activeTrace, setActiveTrace, Trace } from './trace.ts';
import { leaves, mapLeaves, signature, type Tree } from './tree.ts';

export interface CompileOptions {
  /** Name of the function in TensorFlow's messages and profiles. */
  readonly name?: string;
  /** `eager` runs the same function operation by operation: for debugging. */
  readonly mode?: 'compiled' | 'eager';
  readonly precision?: Precision;
  /** Whether TensorFlow compiles the function further with XLA. */
  readonly xla?: boolean;
}

interface TraceReport {
  readonly signature: string;
  readonly nodes: number;
}

export interface Compiled<A extends readonly Tree[], R extends Tree> {
  (...args: A): R;
  /** What was traced so far. */
  readonly traces: () => readonly TraceReport[];
  /** Removes the traced functions from TensorFlow; the next call traces again. */
  readonly dispose: () => void;
}

/** A traced function, ready to run. */
export interface Traced {
  readonly name: string;
  readonly nodes: number;
  /** Tensors of outside that are passed after the arguments. */
  readonly captured: readonly tf.DataId[];
  /** The tree of outputs: its tensors are placeholders for structure. */
  readonly structure: Tree;
  readonly outputs: number;
}

/** How a traced function's arguments and results are bound to native ids; the carried state of `compileCarried` replaces parts of it. */
export interface Binder {
  /** Makes the symbolic arguments of the trace; returns them and the ids of the function's inputs. */
  readonly bind: (trace: Trace) => { readonly args: readonly Tree[]; readonly inputs: readonly number[] };
  /** Splits the result of the traced function into what is returned and nodes that must run for their effect. */
  readonly finish: (trace: Trace, result: Tree) => { readonly returned: Tree; readonly control: readonly number[] };
}

/**
 * A function that behaves as `fn` and runs as one native operation.
 * @throws EngineError when called: `fn` reads a value, uses host random numbers, assigns variables, makes a shape that depends on data, calls
 *   another compiled function, or the call stands inside a gradient. Whatever `fn` throws is passed on. The engine is as before then.
 */
export function compile<A extends readonly Tree[], R extends Tree>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  if (options.mode === 'eager') return eager(fn, options);
  const traced = new Map<string, Traced>();
  const call = (...args: A): R => {
    refuseInsideOthers();
    const key = signature(args);
    let entry = traced.get(key);
    if (!entry) {
      entry = traceFunction((...a) => fn(...(a as unknown as A)), plainBinder(args), options);
      traced.set(key, entry);
    }
    const node = backend();
    return runTraced(entry, node.getInputTensorIds(leaves(args)), options) as R;
  };
  const traces = () => [...traced].map(([key, { nodes }]) => ({ signature: key, nodes }));
  const dispose = () => {
    for (const { name } of traced.values()) backend().binding.removeFunction(name);
    traced.clear();
  };
  return Object.assign(call, { traces, dispose });
}

function eager<A extends readonly Tree[], R extends Tree>(
  fn: (...args: A) => R,
  options: CompileOptions,
): Compiled<A, R> {
  const call = (...args: A): R =>
    withEagerPrecision(options.precision ?? 'float32', () => tf.tidy(() => fn(...args) as tf.TensorContainer) as R);
  return Object.assign(call, { traces: () => [], dispose: () => undefined });
}

/** Arguments become placeholders, results are returned. */
export function plainBinder(args: readonly Tree[]): Binder {
  return {
    bind: (trace) => {
      const inputs: number[] = [];
      const symbolic = mapLeaves(args, (leaf) => {
        const node = backend();
        const record = node.tensorMap.get(leaf.dataId)!;
        const input = trace.placeholder(record.dtype, leaf.shape);
        inputs.push(input.id);
        return node.createOutputTensor(input);
      });
      return { args: symbolic, inputs };
    },
    finish: (_trace, returned) => ({ returned, control: [] }),
  };
}

let serial = 0;

/** The graph of a function, while its trace is open: `endTrace`, `runTrace` or `abortTrace` of the binding closes it. */
interface OpenTrace extends Omit<Traced, 'outputs'> {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly control: readonly number[];
}

/** Runs `fn` symbolically and registers the graph as a function. */
export function traceFunction(fn: (...args: readonly Tree[]) => Tree, binder: Binder, options: CompileOptions): Traced {
  const { inputs, outputs, control, ...traced } = openTrace(fn, binder, options);
  backend().binding.endTrace(traced.name, inputs, outputs, control);
  return { ...traced, outputs: outputs.length };
}

/** Runs `fn` symbolically. */
export function openTrace(fn: (...args: readonly Tree[]) => Tree, binder: Binder, options: CompileOptions): OpenTrace {
  const node = backend();
  const native = node.binding;
  const trace = new Trace(node, native, options);
  const name = `${options.name ?? 'compiled'}_${serial++}`;
  native.beginTrace();
  setActiveTrace(trace);
  const variables = guardVariables(node);
  const restore = interpose(node, native, trace);
  let traced = false;
  tf.engine().startScope(name);
  try {
    const { args, inputs } = binder.bind(trace);
    const result = fn(...args);
    if (variables.assigned()) throw sideEffect();
    const { returned, control } = binder.finish(trace, result);
    const outputs = leaves(returned);
    const outputIds = trace.inputIds(outputs);
    const structure = mapLeaves(returned, (leaf) => leaf);
    const captured = [...trace.captures];
    traced = true;
    return {
      name,
      nodes: trace.nodes,
      captured: captured.map(([dataId]) => dataId),
      structure,
      inputs: [...inputs, ...captured.map(([, { input }]) => input)],
      outputs: outputIds,
      control,
    };
  } finally {
    if (!traced) native.abortTrace();
    tf.engine().endScope();
    restore();
    variables.restore();
    setActiveTrace(undefined);
  }
}

/** Runs a traced function on the given input ids and wraps its outputs. */
export function runTraced(traced: Traced, inputs: readonly number[], options: CompileOptions): Tree {
  const node = backend();
  const captured = capturedIds(traced);
  const attributes: Attribute[] = options.xla ? [attribute.bool('_XlaMustCompile', true)] : [];
  const outputs = node.binding.executeOp(traced.name, attributes, [...inputs, ...captured], traced.outputs);
  const tensors = outputs.map((output) => node.createOutputTensor(output));
  return mapLeaves(traced.structure, (_leaf, index) => tensors[index]!);
}

/** @throws EngineError when a tensor of outside was disposed of */
export function capturedIds({ name, captured }: Pick<Traced, 'name' | 'captured'>): number[] {
  const node = backend();
  return captured.map((dataId) => {
    if (node.tensorMap.has(dataId)) return node.getInputTensorIds([{ dataId } as tf.TensorInfo])[0]!;
    throw new EngineError({
      where: name,
      got: described('a captured tensor that was disposed of'),
      expected: 'tensors used from outside to stay alive as long as the compiled function',
      remedy: 'Keep the tensor (tf.keep), or pass it as an argument',
    });
  });
}

/** A compiled function is one opaque operation: it can be neither differentiated nor traced into another. */
export function refuseInsideOthers(): void {
  if (activeTrace()) throw nesting();
  if (tf.engine().state.gradientDepth === 0) return;
  throw new EngineError({
    where: 'compile',
    got: described('a compiled function called inside a gradient'),
    expected: 'the gradient inside the compiled function',
    remedy: 'Compile the function that calls tf.grads',
  });
}

/** Puts the trace in the place of the native binding; the returned function undoes everything. */
function interpose(node: NodeBackend, native: Binding, trace: Trace): () => void {
  const move = node.move.bind(node);
  const random = Object.getOwnPropertyDescriptor(Math, 'random')!;
  const forgetPlaces = keepPlacesOfGradients();
  const own = Object.fromEntries(Object.entries(trace.binding).map(([key, value]) => [key, { value }]));
  node.binding = Object.create(native, own) as Binding;
  node.getInputTensorIds = trace.inputIds;
  node.move = (dataId, values, shape, dtype, refCount) => {
    move(dataId, values, shape, dtype, refCount);
    trace.noteWritten(dataId);
  };
  const refuse = (): never => {
    throw new EngineError({
      where: 'compile',
      got: described('host random numbers (tf.randomNormal, tf.dropout ...)'),
      expected: 'numbers made on the device: host ones would be the same at every call',
      remedy: 'Use randomNormal or randomUniform of harness/engine/ops.ts with a key',
    });
  };
  Object.defineProperty(Math, 'random', { ...random, value: refuse });
  return () => {
    Object.defineProperty(Math, 'random', random);
    forgetPlaces();
    node.binding = native;
    // Both hide prototype methods of the backend.
    Reflect.deleteProperty(node, 'getInputTensorIds');
    Reflect.deleteProperty(node, 'move');
  };
}

/** Holds the values of all tf.Variables while a function is traced: an assignment would otherwise free the real value. */
function guardVariables(node: NodeBackend): { readonly assigned: () => boolean; readonly restore: () => void } {
  const held = Object.values(tf.engine().state.registeredVariables).map((variable) => ({
    variable,
    dataId: variable.dataId,
  }));
  for (const { dataId } of held) node.tensorMap.get(dataId)!.refCount++;
  return {
    assigned: () => held.some(({ variable, dataId }) => variable.dataId !== dataId),
    restore: () => {
      for (const { variable, dataId } of held) {
        if (variable.dataId !== dataId) {
          tf.engine().disposeTensor(variable);
          variable.dataId = dataId;
          tf.engine().incRef(variable, null as unknown as tf.KernelBackend);
        }
        node.tensorMap.get(dataId)!.refCount--;
      }
    },
  };
}

/** Runs `f` operation by operation under a precision policy. */
export function withEagerPrecision<T>(precision: Precision, f: () => T): T {
  if (precision === 'float32') return f();
  const node = backend();
  const native = node.binding;
  const executeOp: Binding['executeOp'] = (name, attributes, ids, outputs) => {
    const host = {
      execute: (n: string, a: readonly Attribute[], i: readonly number[], o: number) => native.executeOp(n, a, i, o),
      dtypeOf: (id: number) => native.dtypeOf(id),
      release: (released: readonly number[]) => {
        for (const id of released) native.deleteTensor(id);
      },
    };
    return executeRounded(host, name, attributes, ids, outputs);
  };
  node.binding = Object.create(native, { executeOp: { value: executeOp } }) as Binding;
  try {
    return f();
  } finally {
    node.binding = native;
  }
}

function nesting(): EngineError {
  return new EngineError({
    where: 'compile',
    got: described('a compiled function called while another is traced'),
    expected: 'no nesting',
    remedy: 'Call the plain function inside, and compile the outermost one',
  });
}

function sideEffect(): EngineError {
  return new EngineError({
    where: 'compile',
    got: described('a variable that was assigned inside the function'),
    expected: 'no side effects',
    remedy: 'Take the value as an argument and return the new one',
  });
}
