/** @file Records per-step values of a reference run: levels, weights, loss and gradient norm. */
import type { Stage } from '../../plan/timetable.ts';
import { intervalLevels } from '../../train/step-inputs.ts';

export class ScheduleRows {
  private readonly rows = new Map<string, number[]>();

  /** The numbers of the next step. @param intervals of its images, from 0 */
  add(stage: Stage, intervals: Int32Array, metrics: { readonly loss: number; readonly gradientNorm: number }): void {
    this.append('N', stage.N);
    if (stage.muTeacher !== null) this.append('mu', stage.muTeacher);
    for (const interval of intervals) {
      const { sigmaStudent, sigmaTeacher, lambda } = intervalLevels(stage, interval);
      this.append('sigmaStudent', sigmaStudent);
      this.append('sigmaTeacher', sigmaTeacher);
      this.append('lambda', lambda);
    }
    this.append('loss', metrics.loss);
    this.append('gradientNorm', metrics.gradientNorm);
  }

  values(): Iterable<[string, readonly number[]]> {
    return this.rows;
  }

  private append(name: string, value: number): void {
    const row = this.rows.get(name);
    if (row) row.push(value);
    else this.rows.set(name, [value]);
  }
}
