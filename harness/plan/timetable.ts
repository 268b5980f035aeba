/**
 * @file Timetable of a plan: levels, distribution, weights and teacher decay at each step.
 *
 * They are computed once per stage.
 */
import { PlanError } from '../core/errors.ts';
import { levelCount } from '../method/curriculum.ts';
import { noiseLevels } from '../method/levels.ts';
import { cumulativeDistribution, intervalProbabilities } from '../method/noise.ts';
import { teacherDecay } from '../method/teacher.ts';
import { intervalWeights } from '../method/weighting.ts';
import type { Curriculum, Recipe } from '../recipe/types.ts';
import type { AsRun } from './types.ts';

/** Everything that holds while N does not change. Arrays over intervals begin at 0: interval i of the papers is index i - 1. */
export interface Stage {
  /** Noise levels. */
  readonly N: number;
  /** N - 1. */
  readonly intervals: number;
  /** mu of the teacher's average after each step; null where the teacher is the student. */
  readonly muTeacher: number | null;
  /** float64[N], ascending. */
  readonly levels: Float64Array;
  /** p(i), float64[N - 1]. */
  readonly probabilities: Float64Array;
  /** float64[N - 1], its last entry 1. */
  readonly cumulative: Float64Array;
  /** lambda(sigma_i), float64[N - 1]. */
  readonly lambda: Float64Array;
}

/** What the timetable takes from a plan. */
export interface TimetablePlan {
  readonly recipe: Pick<Recipe, 'method' | 'levels'>;
  readonly asRun: Pick<AsRun, 'steps' | 's0' | 's1'>;
}

/** A run of steps with the same N. */
export interface StageSpan {
  readonly N: number;
  readonly firstStep: number;
  readonly steps: number;
}

export class Timetable {
  private readonly plan: TimetablePlan;
  private readonly curriculum: Curriculum;
  private readonly stages = new Map<number, Stage>();

  constructor(plan: TimetablePlan) {
    this.plan = plan;
    this.curriculum = { ...plan.recipe.method.curriculum, s0: plan.asRun.s0, s1: plan.asRun.s1 };
  }

  /**
   * The stage of step k; the same object for every step of a stage.
   * @param k steps already taken, from 0 to steps - 1
   * @throws PlanError when the run has no such step
   */
  at(k: number): Stage {
    const { steps } = this.plan.asRun;
    if (!Number.isSafeInteger(k) || k < 0 || k >= steps) {
      throw new PlanError({
        where: 'timetable',
        got: k,
        expected: `a step from 0 to ${steps - 1}`,
        remedy: 'Stop at the last step of the plan',
      });
    }
    const N = levelCount(this.curriculum, k, steps);
    const known = this.stages.get(N);
    if (known) return known;
    const stage = this.stageOf(N);
    this.stages.set(N, stage);
    return stage;
  }

  /** The stages of the whole run in order. */
  spans(): StageSpan[] {
    const { steps } = this.plan.asRun;
    const spans: StageSpan[] = [];
    for (let firstStep = 0; firstStep < steps;) {
      const N = levelCount(this.curriculum, firstStep, steps);
      const end = this.endOfStage(firstStep, N);
      spans.push({ N, firstStep, steps: end - firstStep });
      firstStep = end;
    }
    return spans;
  }

  /** The first step after `firstStep` with another N, by bisection: N never falls. */
  private endOfStage(firstStep: number, N: number): number {
    const { steps } = this.plan.asRun;
    let inside = firstStep;
    let outside = steps;
    while (outside - inside > 1) {
      const middle = Math.floor((inside + outside) / 2);
      if (levelCount(this.curriculum, middle, steps) === N) inside = middle;
      else outside = middle;
    }
    return outside;
  }

  private stageOf(N: number): Stage {
    const { method, levels: grid } = this.plan.recipe;
    const levels = noiseLevels(N, grid);
    const probabilities = intervalProbabilities(method.noise, levels);
    return {
      N,
      intervals: N - 1,
      muTeacher: teacherDecay(method.teacher, N, this.curriculum.s0),
      levels,
      probabilities,
      cumulative: cumulativeDistribution(probabilities),
      lambda: intervalWeights(method.weighting, levels),
    };
  }
}
