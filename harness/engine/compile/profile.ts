/**
 * @file `profile(fn)`: runs a function of tensors with TensorFlow's own times of every operation.
 *
 * The graph is that of `compile`. It runs in a session, since only sessions keep times.
 */
import protobuf from 'protobufjs';
import { backend } from '../binding.ts';
import { capturedIds, openTrace, plainBinder, refuseInsideOthers, type CompileOptions } from './compile.ts';
import { leaves, type Tree } from './tree.ts';

export { gradientPlace } from './place.ts';

export interface OperationTime {
  /** Where the operation stands in the program (`within`), then its own name. */
  readonly name: string;
  /** Its kind, such as `Conv2D`. */
  readonly kind: string;
  /** Of its first output; empty where TensorFlow does not say. */
  readonly shape: readonly number[];
  /** From its begin to its end; operations may run beside each other. */
  readonly microseconds: number;
}

export interface ProfiledRun {
  readonly operations: readonly OperationTime[];
  /** From the begin of the first operation to the end of the last. */
  readonly microseconds: number;
}

export interface ProfileOptions extends Pick<CompileOptions, 'precision'> {
  readonly threads: number;
  /** Runs that are returned, after one that is not. */
  readonly runs: number;
}

/** @throws EngineError as `compile`; whatever `fn` throws */
export function profile<A extends readonly Tree[]>(
  fn: (...args: A) => Tree,
  args: A,
  { precision, threads, runs }: ProfileOptions,
): ProfiledRun[] {
  refuseInsideOthers();
  const given = backend().getInputTensorIds(leaves(args));
  const traced = openTrace((...a) => fn(...(a as unknown as A)), plainBinder(args), {
    name: 'profile',
    ...(precision && { precision }),
  });
  const { binding } = backend();
  try {
    const handles = [...given, ...capturedIds(traced)];
    const [, ...measured] = binding.runTrace(traced.inputs, handles, traced.outputs, threads, runs + 1);
    return measured.map(runOf);
  } finally {
    binding.abortTrace();
  }
}

/** Source: tensorflow `core/protobuf/config.proto`, `core/framework/step_stats.proto`, `tensor_description.proto` (field numbers only). */
const schema = `
syntax = "proto3";
message RunMetadata { StepStats step_stats = 1; }
message StepStats { repeated DeviceStepStats dev_stats = 1; }
message DeviceStepStats { repeated NodeExecStats node_stats = 2; }
message NodeExecStats {
  string node_name = 1; repeated NodeOutput output = 7; string timeline_label = 8;
  int64 all_start_nanos = 13; int64 op_start_rel_nanos = 14; int64 op_end_rel_nanos = 15;
}
message NodeOutput { TensorDescription tensor_description = 3; }
message TensorDescription { TensorShapeProto shape = 2; }
message TensorShapeProto { repeated Dim dim = 2; }
message Dim { int64 size = 1; }
`;

const RunMetadata = protobuf.parse(schema, { keepCase: true }).root.lookupType('RunMetadata');

interface NodeStats {
  readonly node_name: string;
  readonly timeline_label: string;
  readonly all_start_nanos: number;
  readonly op_start_rel_nanos: number;
  readonly op_end_rel_nanos: number;
  readonly output: readonly {
    readonly tensor_description?: { readonly shape?: { readonly dim: { size: number }[] } };
  }[];
}

/** @param bytes a serialised RunMetadata */
function runOf(bytes: Uint8Array): ProfiledRun {
  const { step_stats: stats } = RunMetadata.toObject(RunMetadata.decode(bytes), {
    longs: Number,
    defaults: true,
    arrays: true,
  }) as { step_stats: { dev_stats: { node_stats: NodeStats[] }[] } | null };
  const nodes = (stats?.dev_stats ?? []).flatMap(({ node_stats }) => node_stats);
  const begins = nodes.map((node) => node.all_start_nanos + node.op_start_rel_nanos);
  const ends = nodes.map((node) => node.all_start_nanos + node.op_end_rel_nanos);
  const operations = nodes.map((node, i) => ({
    name: node.node_name,
    // `name = Kind(inputs)`
    kind: /= (\w+)\(/.exec(node.timeline_label)?.[1] ?? 'unknown',
    shape: node.output[0]?.tensor_description?.shape?.dim.map(({ size }) => size) ?? [],
    microseconds: (ends[i]! - begins[i]!) / 1000,
  }));
  const first = begins.reduce((least, value) => Math.min(least, value), Infinity);
  const last = ends.reduce((most, value) => Math.max(most, value), -Infinity);
  return { operations, microseconds: nodes.length === 0 ? 0 : (last - first) / 1000 };
}
