/** @file Compares named tensors to the bit: the first that differs, where, and by how many ulp. */
import { sha256 } from '../core/hash.ts';
import { toFloat32, type StoredTensor } from '../formats/safetensors.ts';

export type NamedTensors = ReadonlyMap<string, StoredTensor>;

export interface TensorDifference {
  readonly tensor: string;
  /** Elements that differ, of how many. */
  readonly differing: number;
  readonly elements: number;
  /** Largest distance in units in the last place; null where shapes or types differ. */
  readonly ulp: number | null;
}

/** Every tensor that is not the same in both, by the order of the first, then what only the other has. */
export function tensorDifferences(one: NamedTensors, other: NamedTensors): TensorDifference[] {
  const alone = { differing: 0, elements: 0, ulp: null };
  const ours = [...one].flatMap(([tensor, stored]) => {
    const there = other.get(tensor);
    if (there && sameBytes(stored, there)) return [];
    return [{ tensor, ...(there ? distance(stored, there) : alone) }];
  });
  return [...ours, ...[...other.keys()].flatMap((tensor) => (one.has(tensor) ? [] : [{ tensor, ...alone }]))];
}

/** The first of them; null where all tensors are the same. */
export function firstTensorDifference(one: NamedTensors, other: NamedTensors): TensorDifference | null {
  return tensorDifferences(one, other)[0] ?? null;
}

/** One line about a difference. */
export function tensorDifferenceText({ tensor, differing, elements, ulp }: TensorDifference): string {
  if (ulp === null) return `${tensor} has another shape, or is missing on one side`;
  return `${tensor} differs in ${differing} of ${elements} values, by ${ulp} ulp at most`;
}

/**
 * Units in the last place between two float32 numbers: how many float32 numbers lie between them, and one. Zeros of both signs are one
 * number; a NaN is infinitely far from everything but the same bits.
 * @param one bits, as uint32
 */
export function ulpDistance(one: number, other: number): number {
  if (one === other) return 0;
  if (isNan(one) || isNan(other)) return Infinity;
  return Math.abs(rank(one) - rank(other));
}

/** The bits of a number rounded to float32. */
export function float32Bits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}

/** sha256 of tensors with their names, types and shapes, per part: what stands before the first slash. */
export function digestParts(tensors: NamedTensors): Map<string, string> {
  const lines = new Map<string, string[]>();
  for (const [name, { dtype, shape, bytes }] of tensors) {
    const part = name.slice(0, name.indexOf('/'));
    lines.set(part, [...(lines.get(part) ?? []), `${name} ${dtype} ${shape.join(',')} ${sha256(bytes)}`]);
  }
  return new Map([...lines].map(([part, all]) => [part, sha256(all.join('\n'))]));
}

function sameBytes(one: StoredTensor, other: StoredTensor): boolean {
  return (
    one.dtype === other.dtype && one.shape.join() === other.shape.join() && Buffer.compare(one.bytes, other.bytes) === 0
  );
}

function distance(one: StoredTensor, other: StoredTensor): Omit<TensorDifference, 'tensor'> {
  if (one.dtype !== other.dtype || one.shape.join() !== other.shape.join())
    return { differing: 0, elements: 0, ulp: null };
  const [a, b] = [one, other].map((tensor) => new Uint32Array(toFloat32(tensor).buffer)) as [Uint32Array, Uint32Array];
  let differing = 0;
  let ulp = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    differing += 1;
    ulp = Math.max(ulp, ulpDistance(a[i]!, b[i]!));
  }
  return { differing, elements: a.length, ulp };
}

function isNan(bits: number): boolean {
  return (bits & 0x7fffffff) > 0x7f800000;
}

/** The place of a number among all float32 numbers; both zeros have the place 0. */
function rank(bits: number): number {
  return bits >= 0x80000000 ? -(bits - 0x80000000) : bits;
}
