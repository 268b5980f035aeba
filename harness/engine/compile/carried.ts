/**
 * @file `compileCarried(step, state)`: compiles a functional step whose state stays on the device.
 *
 * The step is `(state, ...inputs) -> [state, outputs]`. As with `jax.jit` and donated arguments, each new value replaces the old one,
 * whose memory is freed as soon as it is read.
 */
import * as tf from '@tensorflow/tfjs-core';
import { EngineError, described } from '../../core/errors.ts';
import { attribute, backend, dtypes } from '../binding.ts';
import {
  refuseInsideOthers,
  runTraced,
  traceFunction,
  withEagerPrecision,
  type Binder,
  type CompileOptions,
  type Traced,
} from './compile.ts';
import { leaves, mapLeaves, signature, type Tree } from './tree.ts';

export interface Carried<S extends Tree, A extends readonly Tree[], R extends Tree> {
  /** One step: the state moves on, the outputs are returned. */
  run(...args: A): R;
  /** Copies of nothing: tensors that hold the present state; the caller disposes of them. */
  read(): S;
  /** Replaces the state by tensors of the same structure, which stay the caller's. */
  write(state: S): void;
  /** Graph nodes of the traces so far. */
  traces(): readonly { readonly signature: string; readonly nodes: number }[];
  dispose(): void;
}

type Step<S extends Tree, A extends readonly Tree[], R extends Tree> = (state: S, ...args: A) => readonly [S, R];

/**
 * @param initial the first state; its tensors stay the caller's
 * @throws EngineError as `compile`, and when a step returns a state of another structure, shape or dtype
 */
export function compileCarried<S extends Tree, A extends readonly Tree[], R extends Tree>(
  step: Step<S, A, R>,
  initial: S,
  options: CompileOptions = {},
): Carried<S, A, R> {
  return options.mode === 'eager' ? new EagerState(step, initial, options) : new DeviceState(step, initial, options);
}

class EagerState<S extends Tree, A extends readonly Tree[], R extends Tree> implements Carried<S, A, R> {
  private state: S;
  private readonly step: Step<S, A, R>;
  private readonly options: CompileOptions;

  constructor(step: Step<S, A, R>, initial: S, options: CompileOptions) {
    this.step = step;
    this.options = options;
    this.state = mapLeaves(initial, (leaf) => tf.keep(tf.clone(leaf)));
  }

  run(...args: A): R {
    const old = this.state;
    const [state, outputs] = withEagerPrecision(this.options.precision ?? 'float32', () =>
      tf.tidy(() => {
        const result = this.step(old, ...args);
        requireSameStructure(old, result[0]);
        return result as unknown as tf.TensorContainer;
      }),
    ) as unknown as readonly [S, R];
    this.state = mapLeaves(state, (leaf) => tf.keep(leaf));
    const kept = new Set(leaves(this.state));
    for (const leaf of leaves(old)) if (!kept.has(leaf)) leaf.dispose();
    return outputs;
  }

  read(): S {
    return mapLeaves(this.state, (leaf) => tf.clone(leaf));
  }

  write(state: S): void {
    requireSameStructure(this.state, state);
    const old = leaves(this.state);
    this.state = mapLeaves(state, (leaf) => tf.keep(tf.clone(leaf)));
    tf.dispose(old);
  }

  traces() {
    return [];
  }

  dispose(): void {
    tf.dispose(leaves(this.state));
  }
}

let serial = 0;

class DeviceState<S extends Tree, A extends readonly Tree[], R extends Tree> implements Carried<S, A, R> {
  private readonly step: Step<S, A, R>;
  private readonly options: CompileOptions;
  /** Structure of the state; its tensors stand for shape and dtype only. */
  private readonly structure: S;
  /** One resource variable per leaf. */
  private readonly variables: readonly {
    readonly handle: number;
    readonly dtype: number;
    readonly shape: readonly number[];
  }[];
  private readonly traced = new Map<string, Traced>();

  constructor(step: Step<S, A, R>, initial: S, options: CompileOptions) {
    this.step = step;
    this.options = options;
    this.structure = mapLeaves(initial, (leaf) => leaf);
    const node = backend();
    const owner = `${options.name ?? 'state'}_${serial++}`;
    this.variables = leaves(initial).map((leaf, i) => {
      const [id] = node.getInputTensorIds([leaf]);
      const dtype = node.tensorMap.get(leaf.dataId)!.dtype;
      const [variable] = node.binding.executeOp(
        'VarHandleOp',
        [
          attribute.type('dtype', dtype),
          attribute.shape('shape', leaf.shape),
          attribute.string('shared_name', `${owner}/${i}`),
          attribute.string('container', ''),
        ],
        [],
        1,
      );
      assign(variable!.id, dtype, id!);
      return { handle: variable!.id, dtype, shape: leaf.shape };
    });
  }

  run(...args: A): R {
    refuseInsideOthers();
    const key = signature(args);
    let entry = this.traced.get(key);
    if (!entry) {
      entry = traceFunction(
        (state, ...rest) => this.step(state as S, ...(rest as unknown as A)),
        this.binder(args),
        this.options,
      );
      this.traced.set(key, entry);
    }
    const ids = backend().getInputTensorIds(leaves(args));
    return runTraced(entry, [...this.variables.map(({ handle }) => handle), ...ids], this.options) as R;
  }

  read(): S {
    const node = backend();
    return mapLeaves(this.structure, (_leaf, i) => {
      const { handle, dtype } = this.variables[i]!;
      return node.createOutputTensor(
        node.binding.executeOp('ReadVariableOp', [attribute.type('dtype', dtype)], [handle], 1)[0]!,
      );
    });
  }

  write(state: S): void {
    requireSameStructure(this.structure, state);
    const node = backend();
    leaves(state).forEach((leaf, i) =>
      assign(this.variables[i]!.handle, this.variables[i]!.dtype, node.getInputTensorIds([leaf])[0]!),
    );
  }

  traces() {
    return [...this.traced].map(([key, { nodes }]) => ({ signature: key, nodes }));
  }

  dispose(): void {
    const { binding } = backend();
    for (const { name } of this.traced.values()) binding.removeFunction(name);
    for (const { handle } of this.variables) {
      binding.executeOp('DestroyResourceOp', [attribute.bool('ignore_lookup_error', true)], [handle], 0);
      binding.deleteTensor(handle);
    }
    this.traced.clear();
  }

  /** The state's variables come first as resources, are read at the start and assigned at the end; the arguments follow. */
  private binder(args: readonly Tree[]): Binder {
    const handles: { readonly id: number; readonly read: number }[] = [];
    return {
      bind: (trace) => {
        const node = backend();
        const state = mapLeaves(this.structure, (_leaf, i) => {
          const { dtype, shape } = this.variables[i]!;
          const handle = trace.placeholder(dtypes.resource, []);
          const [value] = trace.add('ReadVariableOp', [attribute.type('dtype', dtype)], [handle.id], { shape });
          handles.push({ id: handle.id, read: value!.id });
          return node.createOutputTensor(value!);
        });
        const inputs = handles.map(({ id }) => id);
        const symbolic = mapLeaves(args, (leaf) => {
          const input = trace.placeholder(node.tensorMap.get(leaf.dataId)!.dtype, leaf.shape);
          inputs.push(input.id);
          return node.createOutputTensor(input);
        });
        return { args: [state, ...symbolic], inputs };
      },
      finish: (trace, result) => {
        const [state, returned] = result as readonly [S, Tree];
        requireSameStructure(this.structure, state);
        const control = trace.inputIds(leaves(state)).map((id, i) => {
          const { id: handle, read } = handles[i]!;
          // The old value must have been read before it is replaced.
          const assigned = trace.add(
            'AssignVariableOp',
            [attribute.type('dtype', this.variables[i]!.dtype)],
            [handle, id],
            { control: [read] },
          );
          return assigned[0]!.id;
        });
        return { returned, control };
      },
    };
  }
}

function assign(handle: number, dtype: number, id: number): void {
  backend().binding.executeOp('AssignVariableOp', [attribute.type('dtype', dtype)], [handle, id], 0);
}

function requireSameStructure(expected: Tree, actual: Tree): void {
  const wanted = signature(expected);
  const got = signature(actual);
  if (wanted === got) return;
  throw new EngineError({
    where: 'compileCarried',
    got: described(`a state of structure ${got}`),
    expected: `the structure it began with, ${wanted}`,
    remedy: 'Return every tensor of the state with its shape and dtype',
  });
}
