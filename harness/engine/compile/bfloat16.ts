/**
 * @file The bfloat16 policy: rounds convolutions and matrix products in the marked parts of a network.
 *
 * Inputs are rounded to bfloat16 and outputs widened to float32. Marked (harness/engine/step-precision.ts) are the branches of residual
 * and attention blocks; noise embedding, first and last convolution, resampling, projections of the path past the blocks, normalisation,
 * softmax, LPIPS, loss and optimizer stay in float32.
 */
import { attribute, dtypes, type Attribute, type NativeTensor } from '../binding.ts';
import { followsStepPrecision } from '../step-precision.ts';

const rounded = new Set([
  'Conv2D',
  'Conv2DBackpropInput',
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNative',
  'DepthwiseConv2dNativeBackpropInput',
  'DepthwiseConv2dNativeBackpropFilter',
  'MatMul',
  'BatchMatMul',
  'BatchMatMulV2',
]);

type Execute = (
  name: string,
  attributes: readonly Attribute[],
  ids: readonly number[],
  outputs: number,
) => NativeTensor[];

/** Where the policy is applied: how operations are run there, what type an id has, and whether ids must be freed. */
export interface PolicyHost {
  readonly execute: Execute;
  readonly dtypeOf: (id: number) => number | undefined;
  readonly release: (ids: readonly number[]) => void;
  /** Casts already made of an id, where ids are values that never change (a trace); absent where they are freed and used again. */
  readonly casts?: Map<number, number>;
}

/** Runs an operation under the policy: unchanged outside the marked parts. */
export function executeRounded(
  host: PolicyHost,
  name: string,
  attributes: readonly Attribute[],
  ids: readonly number[],
  outputs: number,
): NativeTensor[] {
  if (!rounded.has(name) || !followsStepPrecision()) return host.execute(name, attributes, ids, outputs);
  const temporary: number[] = [];
  const narrow = ids.map((id) => {
    if (host.dtypeOf(id) !== dtypes.float32) return id;
    const known = host.casts?.get(id);
    if (known !== undefined) return known;
    const cast = castTo(host, id, dtypes.float32, dtypes.bfloat16).id;
    host.casts?.set(id, cast);
    if (!host.casts) temporary.push(cast);
    return cast;
  });
  const types = attributes.map((a) => (a.name === 'T' ? attribute.type('T', dtypes.bfloat16) : a));
  const result = host.execute(name, types, narrow, outputs);
  const wide = result.map((output) => castTo(host, output.id, dtypes.bfloat16, dtypes.float32));
  host.release([...temporary, ...result.map((output) => output.id)]);
  return wide;
}

function castTo(host: PolicyHost, id: number, from: number, to: number): NativeTensor {
  const attributes = [attribute.type('SrcT', from), attribute.type('DstT', to), attribute.bool('Truncate', false)];
  return host.execute('Cast', attributes, [id], 1)[0]!;
}
