/**
 * @file Kind `ema`: moving averages of the weights after each update of a quadratic toy problem.
 *
 * They are computed in float64, with the pack's tolerance, and on the engine, with one for float32.
 */
import * as tf from '@tensorflow/tfjs-core';
import { disposeTree } from '../../../engine/ops.ts';
import { toFloat64 } from '../../../formats/safetensors.ts';
import { levelCount } from '../../../method/curriculum.ts';
import { movingAverage as referenceAverage } from '../../../method/reference/moving-average.ts';
import { teacherDecay } from '../../../method/teacher.ts';
import type { Teacher } from '../../../recipe/types.ts';
import { averagesAfter, movingAverage, type Averages } from '../../../train/update/ema.ts';
import { configNumber, malformedConfig, tensorOf, type ConformanceCase } from '../../case.ts';
import type { ProducedTensors } from '../../judge/judge-tensors.ts';
import type { NetworkKind } from '../kind.ts';

/** A dozen updates in float32, each with a few roundings of 2^-24. */
const float32Tolerance = { rule: 'tensor-max', rtol: 2 ** -19, atol: 0 };

export const kind: NetworkKind = {
  needsEngine: true,
  partsOf: (reference) => [
    { produce: () => averagesOf(reference, inFloat64) },
    { produce: () => averagesOf(reference, onEngine), toleranceOf: () => float32Tolerance },
  ],
};

/** The averages after an update to new parameters. */
type Update = (
  before: Averages<Float64Array>,
  theta: Float64Array,
  decays: { readonly samplingEma: number; readonly teacher: number },
) => Averages<Float64Array>;

const inFloat64: Update = (before, theta, decays) => averagesAfter(referenceAverage, before, theta, decays);

const onEngine: Update = (before, theta, decays) => {
  const vector = (values: Float64Array) => tf.tensor1d(Float32Array.from(values));
  const averages = { samplingEma: vector(before.samplingEma), teacher: vector(before.teacher!) };
  const shares = { samplingEma: tf.scalar(1 - decays.samplingEma), teacher: tf.scalar(1 - decays.teacher) };
  const parameters = vector(theta);
  const after = averagesAfter<tf.Tensor, tf.Tensor>(movingAverage, averages, parameters, shares);
  const values = {
    samplingEma: Float64Array.from(after.samplingEma.dataSync()),
    teacher: Float64Array.from(after.teacher!.dataSync()),
  };
  disposeTree([averages, shares, parameters, after]);
  return values;
};

function averagesOf(reference: ConformanceCase, update: Update): ProducedTensors {
  const number = (name: string): number => configNumber(reference, name);
  const [K, s0, s1, steps] = [number('K'), number('s0'), number('s1'), number('steps')];
  const teacherKind: Teacher = { kind: 'ema', mu0: number('mu0'), convention: conventionOf(reference) };
  const targets = toFloat64(tensorOf(reference, 'targets'));
  let theta = toFloat64(tensorOf(reference, 'theta0'));
  let averages: Averages<Float64Array> = { samplingEma: theta, teacher: theta };
  const rows = new Map<string, number[]>();
  const note = (name: string, values: Iterable<number>): void => {
    rows.set(name, [...(rows.get(name) ?? []), ...values]);
  };
  for (let step = 0; step < steps; step++) {
    const N = levelCount({ kind: 'square-root', s0, s1 }, number('startStep') + step, K);
    const mu = teacherDecay(teacherKind, N, s0)!;
    const target = targets.subarray(step * theta.length, (step + 1) * theta.length);
    const teacher = averages.teacher!;
    const gradient = theta.map((value, j) => value - target[j]! + (value - teacher[j]!) / N);
    note('teacherUsed', teacher);
    theta = theta.map((value, j) => value - number('learningRate') * gradient[j]!);
    averages = update(averages, theta, { samplingEma: number('emaRate'), teacher: mu });
    note('gradient', gradient);
    note('theta', theta);
    note('ema', averages.samplingEma);
    note('teacher', averages.teacher!);
    note('mu', [mu]);
    note('N', [N]);
  }
  return rows;
}

function conventionOf(reference: ConformanceCase): 'code' | 'paper' {
  const [word] = /^(code|paper)\b/.exec(String(reference.config.muConvention)) ?? [];
  if (word === 'code' || word === 'paper') return word;
  throw malformedConfig(reference, 'muConvention', 'code or paper, and its formula');
}
