/** @file Decay mu(k) of CT's teacher, a moving average of the student; iCT has no decay. */
import type { Teacher } from '../recipe/types.ts';

/**
 * mu(k), the decay of the teacher's average after step k: `teacher <- mu teacher + (1 - mu) student`.
 *
 * - convention `paper`: `mu = exp(s0 ln mu0 / N(k))`. Source: Song et al. 2023 (CT), appendix C.
 * - convention `code`: `mu = exp(s0 ln mu0 / (N(k) - 1))`. Source: openai/consistency_models `create_ema_and_scales_fn` and
 *   openai/consistency_models_cifar10 `get_ema_scales_fn`, which take the decay before they add one to the number of intervals.
 *   Deviation: from the paper's formula by one level; at N = 2 it gives mu0^2 where the paper's gives mu0 (s0 = 2).
 * - `stop-gradient`: the teacher is the student itself, mu = 0. Source: Song & Dhariwal 2023 (iCT), table 1.
 * @param N number of levels at step k, from 2
 * @param s0 intervals at the start of the curriculum
 * @returns mu in (0, 1), or null where the teacher keeps no weights of its own
 */
export function teacherDecay(teacher: Teacher, N: number, s0: number): number | null {
  if (teacher.kind === 'stop-gradient') return null;
  const count = teacher.convention === 'code' ? N - 1 : N;
  return Math.exp((s0 * Math.log(teacher.mu0)) / count);
}
