/**
 * @file Removes redundant casts and reshapes of TensorFlow.js from a trace.
 *
 * Such a cast is to the type that the tensor has already, and such a reshape follows another reshape. They are a quarter of all nodes of a
 * training step; each costs time in the first call.
 */
import { dtypes, type Attribute, type NativeTensor } from '../binding.ts';

export class Simplifier {
  private readonly tensors: ReadonlyMap<number, NativeTensor>;
  private readonly shapeConstants = new Map<number, readonly number[]>();
  /** What a reshape was made of, itself no reshape. */
  private readonly sources = new Map<number, number>();
  private readonly reshapes = new Map<string, NativeTensor>();

  /** @param tensors all of the trace, by id; it goes on growing */
  constructor(tensors: ReadonlyMap<number, NativeTensor>) {
    this.tensors = tensors;
  }

  noteConstant(id: number, dtype: number, values: ArrayLike<unknown>): void {
    if (dtype === dtypes.int32) this.shapeConstants.set(id, Array.from(values, Number));
  }

  /** The tensor that a node would be equal to, if the trace has one; or the inputs that the node is better made of. */
  replace(name: string, attributes: readonly Attribute[], ids: readonly number[]): NativeTensor | readonly number[] {
    if (name === 'Cast') {
      const input = this.tensors.get(ids[0]!);
      const wanted = attributes.find((each) => each.name === 'DstT')?.value;
      return input !== undefined && input.dtype === wanted ? input : ids;
    }
    if (name !== 'Reshape') return ids;
    const source = this.sources.get(ids[0]!) ?? ids[0]!;
    const input = this.tensors.get(source);
    const shape = this.shapeConstants.get(ids[1]!);
    if (input !== undefined && shape !== undefined && equal(input.shape, shape)) return input;
    return this.reshapes.get(keyOf(source, ids[1]!)) ?? [source, ids[1]!];
  }

  noteReshape([source, shape]: readonly number[], output: NativeTensor): void {
    this.sources.set(output.id, source!);
    this.reshapes.set(keyOf(source!, shape!), output);
  }
}

function keyOf(source: number, shape: number): string {
  return `${source}/${shape}`;
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
