/**
 * @file Records how far the weights of a reference run move from the start.
 *
 * Per step that is one distance; at snapshots it is every difference.
 */
import { toFloat32 } from '../../formats/safetensors.ts';
import { unflattenHost, type ParameterLayout } from '../../network/flat.ts';
import type { Parameter } from '../../network/parameter.ts';
import { reorderAxes } from '../../network/weights/axis-order.ts';
import type { TrainState } from '../../train/step.ts';
import { tensorOf, type ConformanceCase } from '../case.ts';
import type { PackLayout } from '../networks/network-case.ts';
import type { Trajectory } from './config.ts';

/** The parts of a state that packs compare. */
const parts = ['parameters', 'samplingEma', 'teacher'] as const;

export class WeightMovement {
  private readonly reference: ConformanceCase;
  private readonly trajectory: Trajectory;
  private readonly layout: ParameterLayout;
  private readonly start: Map<string, Float32Array>;
  private readonly displacements = new Map<string, number[]>();
  private readonly deltas = new Map<string, Float64Array>();

  /** @param start the flat parameters before the first step */
  constructor(reference: ConformanceCase, trajectory: Trajectory, layout: ParameterLayout, start: Float32Array) {
    this.reference = reference;
    this.trajectory = trajectory;
    this.layout = layout;
    this.start = unflattenHost(layout, start);
  }

  /** Notes the state after n steps. */
  add(n: number, state: TrainState): void {
    for (const part of parts) {
      const tensor = state[part];
      if (!tensor) continue;
      const values = unflattenHost(this.layout, tensor.dataSync<'float32'>());
      const name = `displacement/${part}`;
      this.displacements.set(name, [...(this.displacements.get(name) ?? []), this.displacement(values)]);
      if (this.trajectory.snapshots.includes(n)) this.keepDeltas(`delta/${n}/${part}`, values);
    }
  }

  values(): [string, ArrayLike<number>][] {
    return [...this.displacements, ...this.deltas];
  }

  /** sqrt of the sum of (value - start)^2 over all parameters that are determined, in float64. */
  private displacement(values: Map<string, Float32Array>): number {
    let sum = 0;
    for (const [name, after] of values) {
      if (this.trajectory.undetermined.has(name)) continue;
      const before = this.start.get(name)!;
      for (let i = 0; i < after.length; i++) sum += (after[i]! - before[i]!) ** 2;
    }
    return Math.sqrt(sum);
  }

  /** Value - start in float64, in the layout of the pack. */
  private keepDeltas(prefix: string, values: Map<string, Float32Array>): void {
    for (const parameter of this.layout.parameters) {
      const { name } = parameter;
      const before = toFloat32(tensorOf(this.reference, `params/${name}`));
      const after = inLayoutOf(this.trajectory.layout, parameter, values.get(name)!);
      this.deltas.set(
        `${prefix}/${name}`,
        Float64Array.from(after, (value, i) => value - before[i]!),
      );
    }
  }
}

/** The values of a parameter of ours with the axes of the pack. */
function inLayoutOf({ parameterAxes }: PackLayout, parameter: Parameter, values: Float32Array): Float32Array {
  const axes = parameterAxes(parameter);
  if (!axes) return values;
  const theirs = axes.map((_, axis) => axes.indexOf(axis));
  return reorderAxes(values, parameter.shape, theirs);
}
