/** @file Kind `ema`: the order of the updates of weights, sampling average and teacher, in float64 on a quadratic toy. */
import { toFloat64 } from '../../../formats/safetensors.ts';
import { levelCount } from '../../../method/curriculum.ts';
import { movingAverage } from '../../../method/moving-average.ts';
import { teacherDecay } from '../../../method/teacher.ts';
import type { Teacher } from '../../../recipe/types.ts';
import { configNumber, tensorOf, type ConformanceCase } from '../../case.ts';
import { judgeTensors, type ProducedTensors } from '../../judge-tensors.ts';
import type { KindRunner } from '../kind.ts';

export const run: KindRunner = (reference) => judgeTensors(reference, produce(reference));

function produce(reference: ConformanceCase): ProducedTensors {
  const number = (name: string): number => configNumber(reference, name);
  const [K, s0, s1, steps] = [number('K'), number('s0'), number('s1'), number('steps')];
  const teacherKind: Teacher = { kind: 'ema', mu0: number('mu0'), convention: conventionOf(reference) };
  const targets = toFloat64(tensorOf(reference, 'targets'));
  let theta = toFloat64(tensorOf(reference, 'theta0'));
  let [ema, teacher] = [theta, theta];
  const rows = new Map<string, number[]>();
  const note = (name: string, values: Iterable<number>): void => {
    rows.set(name, [...(rows.get(name) ?? []), ...values]);
  };
  for (let step = 0; step < steps; step++) {
    const N = levelCount({ kind: 'square-root', s0, s1 }, number('startStep') + step, K);
    const mu = teacherDecay(teacherKind, N, s0)!;
    const target = targets.subarray(step * theta.length, (step + 1) * theta.length);
    const gradient = theta.map((value, j) => value - target[j]! + (value - teacher[j]!) / N);
    note('teacherUsed', teacher);
    theta = theta.map((value, j) => value - number('learningRate') * gradient[j]!);
    ema = movingAverage(ema, theta, number('emaRate'));
    teacher = movingAverage(teacher, theta, mu);
    note('gradient', gradient);
    note('theta', theta);
    note('ema', ema);
    note('teacher', teacher);
    note('mu', [mu]);
    note('N', [N]);
  }
  return rows;
}

function conventionOf(reference: ConformanceCase): 'code' | 'paper' {
  return String(reference.config.muConvention).startsWith('paper') ? 'paper' : 'code';
}
