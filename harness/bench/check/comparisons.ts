/** @file Compares answers of a check: device against CPU, a step against itself, setting against setting. */
import { significant } from '../../core/units.ts';
import { finding, type Finding } from './finding.ts';
import type { ProbeAnswer, StepTaken } from './probe.ts';

/**
 * Largest difference from the CPU relative to the largest value. Float32: sums of 1,152 products in another order. TensorFloat-32 keeps ten
 * bits of a factor and bfloat16 seven (2^-11 and 2^-8 of rounding), which mean out over a sum; a loss sums more of them.
 */
export const bounds = {
  float32: 1e-5,
  tensorFloat32: 2e-3,
  floatLoss: 1e-4,
  tensorFloat32Loss: 1e-2,
  bfloat16Loss: 5e-2,
} as const;

/** What every check computes; `tf32` only on a GPU, where it exists. */
export interface Answers {
  /** The CPU in float32. */
  readonly reference: ProbeAnswer;
  /** The device in float32, deterministic, with the steps `base`, `again`, `eager`, `bfloat16` and `xla`. */
  readonly exact: ProbeAnswer;
  readonly tf32?: ProbeAnswer;
  /** Not deterministic, otherwise as training runs. */
  readonly free?: ProbeAnswer;
}

/** Names of the steps that a check takes. */
export const stepNames = ['base', 'again', 'eager', 'bfloat16', 'xla'] as const;

export function comparisons({ reference, exact, tf32, free }: Answers): Finding[] {
  const base = step(exact, 'base');
  const cpu = step(reference, 'base');
  return [
    near('convolution', exact.convolution, reference.convolution, bounds.float32),
    near('matrix product', exact.product, reference.product, bounds.float32),
    equal('random words', exact.wordsSha256, reference.wordsSha256, 'those of the CPU to the bit'),
    near('step', base.losses, cpu.losses, bounds.floatLoss),
    equal('same step twice', step(exact, 'again').weightsSha256, base.weightsSha256, 'equal weights to the bit'),
    near(
      'compiled and op by op',
      step(exact, 'eager').losses,
      base.losses,
      bounds.floatLoss,
      base,
      step(exact, 'eager'),
    ),
    near('bfloat16', step(exact, 'bfloat16').losses, base.losses, bounds.bfloat16Loss, base, step(exact, 'bfloat16')),
    near('XLA convolution', exact.xlaConvolution, reference.convolution, bounds.float32),
    finiteXla(step(exact, 'xla'), base),
    ...(tf32
      ? [
          near('TF32 convolution', tf32.convolution, reference.convolution, bounds.tensorFloat32),
          near('TF32 matrix product', tf32.product, reference.product, bounds.tensorFloat32),
          near('TF32 step', step(tf32, 'base').losses, base.losses, bounds.tensorFloat32Loss, base, step(tf32, 'base')),
        ]
      : [finding('TF32', 'skipped', 'a CPU has none')]),
    ...(tf32 && free ? [costOfDeterminism(step(tf32, 'base'), step(free, 'base'))] : []),
  ];
}

function step(answer: ProbeAnswer, name: (typeof stepNames)[number]): StepTaken {
  const taken = answer.steps[name];
  if (!taken) throw new RangeError(`no step "${name}" on the ${answer.device}`);
  return taken;
}

/** @param from, to steps whose durations are compared as well */
function near(
  what: string,
  got: readonly number[],
  wanted: readonly number[],
  bound: number,
  from?: StepTaken,
  to?: StepTaken,
): Finding {
  const scale = Math.max(...wanted.map(Math.abs));
  const error = Math.max(...wanted.map((value, i) => Math.abs(got[i]! - value))) / scale;
  const time = from && to ? `; a step takes ${significant(to.seconds / from.seconds, 2)} times as long` : '';
  // A value that is not finite makes the difference NaN, which is within no bound.
  const outcome = got.length === wanted.length && error <= bound ? 'passed' : 'failed';
  return finding(what, outcome, `differs by ${significant(error, 2)} of the largest value, at most ${bound}${time}`);
}

/** XLA draws normal numbers of its own, so its loss is another one. */
function finiteXla({ losses, seconds }: StepTaken, base: StepTaken): Finding {
  const isFinite = losses.every(Number.isFinite);
  const time = `a step takes ${significant(seconds / base.seconds, 2)} times as long`;
  return finding('XLA step', isFinite ? 'passed' : 'failed', `${isFinite ? 'finite' : 'not finite'}; ${time}`);
}

function equal(what: string, got: string, wanted: string, rule: string): Finding {
  if (got === wanted) return finding(what, 'passed', rule);
  return finding(what, 'failed', `not ${rule}: sha256 ${got.slice(0, 12)}, not ${wanted.slice(0, 12)}`);
}

function costOfDeterminism(fixed: StepTaken, free: StepTaken): Finding {
  const ratio = significant(fixed.seconds / free.seconds, 2);
  return finding('determinism', 'passed', `a step takes ${ratio} times as long as without`);
}
