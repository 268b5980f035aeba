/**
 * @file Samplers of a cell: one step, and two steps where the second level is known.
 *
 * The rule is the same for every recipe and scale.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Warning } from '../core/warnings.ts';
import { quantise } from '../formats/pixels.ts';
import { projectedLevel } from '../method/sampling.ts';
import { lastGridLevels } from '../plan/resolve.ts';
import type { Plan } from '../plan/types.ts';
import type { SecondLevel } from '../results/second-level.ts';
import { searchMiddleLevel } from '../sample/search.ts';
import type { Drawing } from './draw.ts';
import type { Scorer } from './scorer.ts';

export interface Samplers {
  /** The levels that each sampler visits, sigmaMax first. */
  readonly sigmas: readonly (readonly number[])[];
  /** Where the second level of the two-step sampler comes from; null where there is none. */
  readonly secondLevel: SecondLevel | null;
}

/**
 * The samplers of a plan. The second level is always one of the last training grid: the nearest to the published level or, where none is
 * published, the one that was found by a search.
 * Source: Song et al. 2023 (CT), appendix C, which searches the indices of the grid.
 * @param searched what the search found; null before it, and where nothing can be scored
 */
export function samplersOf(plan: Plan, searched: SecondLevel | null = null): Samplers {
  const { levels, sampling } = plan.recipe;
  const one = [levels.sigmaMax];
  const secondLevel = sampling.midSigma === null ? searched : projected(plan, sampling.midSigma);
  return { sigmas: secondLevel ? [one, [...one, secondLevel.used]] : [one], secondLevel };
}

function projected(plan: Plan, published: number): SecondLevel {
  const { sigma, index, N } = projectedLevel(published, lastGridLevels(plan), plan.recipe.levels);
  return { kind: 'projected', published, used: sigma, index, N };
}

/**
 * The second level that scores best on images of its own.
 * Source: Song et al. 2023 (CT), appendix C. Deviation: the search draws `curveImages` images, not those that are reported.
 */
export async function searchSecondLevel(
  { plan, sampler }: Drawing,
  scorer: Scorer,
  weights: tf.Tensor,
): Promise<SecondLevel> {
  const { recipe, asRun, seed } = plan;
  const { clip, quantise: how } = recipe.sampling;
  const { sigma, index, N, scored } = await searchMiddleLevel({
    sampler,
    parameters: weights,
    levels: recipe.levels,
    N: lastGridLevels(plan),
    seed,
    clip,
    score: async (draw) => (await scorer.score(quantise(draw(0, asRun.curveImages), how))).value,
  });
  return { kind: 'searched', metric: scorer.followed(asRun.curveImages).metric, used: sigma, index, N, scored };
}

/** Differences up to this share are the rounding of a number that was published with three digits. */
const roundingShare = 1e-3;

/** What must be said beside two-step numbers before any of them is known. */
export function samplerWarnings(plan: Plan, scorer: Scorer | null): Warning[] {
  const { secondLevel } = samplersOf(plan);
  if (secondLevel?.kind === 'projected') {
    const { published, used, index, N } = secondLevel;
    if (Math.abs(used / published - 1) <= roundingShare) return [];
    return [{ kind: 'projected-level', published, used, index, N }];
  }
  if (scorer) return [];
  const why = 'their second noise level is not published and is searched by the metric, which is missing';
  return [{ kind: 'metric-missing', metric: 'two-step samples', why }];
}
