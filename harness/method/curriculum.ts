/** @file Number of noise levels N(k) at step k: square-root curriculum of CT, doubling curriculum of iCT. */
import { RecipeError } from '../core/errors.ts';
import type { Curriculum } from '../recipe/types.ts';

/**
 * N(k), the number of noise levels at step k of K; there are N(k) - 1 intervals between them.
 * Source: Song et al. 2023 (CT), appendix C; Song & Dhariwal 2023 (iCT), table 1; the two forms are below.
 * @param k optimizer steps already taken, an integer from 0 to K
 * @param K length of the run in optimizer steps
 * @throws RecipeError when k is no integer from 0 to K, or when K is too short for the stages of the doubling curriculum
 */
export function levelCount(curriculum: Curriculum, k: number, K: number): number {
  checkStep(k, K);
  switch (curriculum.kind) {
    case 'square-root':
      return squareRootLevelCount(curriculum.s0, curriculum.s1, k, K);
    case 'doubling':
      return doublingLevelCount(curriculum.s0, curriculum.s1, k, K);
  }
}

/**
 * CT: `N(k) = ceil(sqrt(k/K ((s1 + 1)^2 - s0^2) + s0^2) - 1) + 1`, from N(0) = s0 to N(K) = s1 + 1.
 * Source: Song et al. 2023 (CT), appendix C; the order of operations is that of openai/consistency_models
 * (`create_ema_and_scales_fn`), which also keeps at least one interval.
 * Deviation: evaluated in float64. The JAX code for CIFAR-10 uses float32 and gives another N at 7 of its 800,001 steps.
 */
function squareRootLevelCount(s0: number, s1: number, k: number, K: number): number {
  const intervals = Math.ceil(Math.sqrt((k / K) * ((s1 + 1) ** 2 - s0 ** 2) + s0 ** 2) - 1);
  return Math.max(intervals, 1) + 1;
}

/**
 * iCT: `N(k) = min(s0 2^floor(k/K'), s1) + 1` with the stage length K'.
 * Source: Song & Dhariwal 2023 (iCT), table 1.
 */
function doublingLevelCount(s0: number, s1: number, k: number, K: number): number {
  return Math.min(s0 * 2 ** Math.floor(k / doublingStageSteps(s0, s1, K)), s1) + 1;
}

/**
 * K', the steps of one stage of the doubling curriculum: `K' = floor(K / (log2(floor(s1/s0)) + 1))`.
 * Source: Song & Dhariwal 2023 (iCT), table 1.
 * @throws RecipeError when the run is so short that a stage has no step
 */
export function doublingStageSteps(s0: number, s1: number, K: number): number {
  const stages = Math.log2(Math.floor(s1 / s0)) + 1;
  const steps = Math.floor(K / stages);
  if (!(steps >= 1)) {
    throw new RecipeError({
      where: 'doubling curriculum',
      got: K,
      expected: `at least ${Math.ceil(stages)} steps, one for each stage from s0 ${s0} to s1 ${s1}`,
      remedy: 'Lengthen the run or lower s1',
    });
  }
  return steps;
}

/**
 * The most intervals s1 under which the last stage of the square-root curriculum outlasts `halfLives` half-lives of the teacher:
 * `s1 <= sqrt(2 K s0 |ln mu0| / (halfLives ln 2))`, rounded down.
 *
 * A stage at the end lasts about `2 K / s1` steps (from `N(k) ~ s1 sqrt(k/K)`), and the teacher's half-life there is
 * `ln 2 s1 / (s0 |ln mu0|)` (from mu = exp(s0 ln mu0 / s1)). With five half-lives the published lengths give 312 on CIFAR-10, where the
 * paper uses 150, and 217 on ImageNet 64x64, where it uses 200.
 * Source: none; this project's rule for runs shorter than the published ones.
 * @param K length of the run in optimizer steps
 */
export function taughtIntervals(mu0: number, s0: number, K: number, halfLives: number): number {
  return Math.floor(Math.sqrt((2 * K * s0 * -Math.log(mu0)) / (halfLives * Math.LN2)));
}

function checkStep(k: number, K: number): void {
  if (Number.isSafeInteger(K) && K >= 1 && Number.isSafeInteger(k) && k >= 0 && k <= K) return;
  throw new RecipeError({
    where: 'curriculum',
    got: k,
    expected: `an integer step from 0 to ${K}`,
    remedy: 'Ask for a step inside the run',
  });
}
