/** @file Plans of proofs: any recipe, tiny or as published, and the steps at which to interrupt it. */
import { engineSettings } from '../plan/engine-settings.ts';
import { resolvePlan } from '../plan/resolve.ts';
import { Timetable } from '../plan/timetable.ts';
import type { EngineSettings, Plan } from '../plan/types.ts';
import type { Scale } from '../recipe/scale.ts';
import type { Network, Recipe } from '../recipe/types.ts';

export interface ProofRequest {
  readonly recipe: Recipe;
  readonly seed: number;
  readonly engine: Partial<EngineSettings> & Pick<EngineSettings, 'device'>;
  /** The recipe's own network, distance and data in place of tiny ones. */
  readonly fullSize?: boolean;
  readonly steps?: number;
  readonly batchImages?: number;
}

/**
 * More than the 400 points of a loss curve, so that a point is a mean over two steps, and checkpoints at odd steps, which cut such a
 * stretch in two: the sum of a stretch that is not yet a point must go through the checkpoint as well.
 */
const scale: Scale = {
  id: 'smoke',
  steps: 402,
  batchImages: 4,
  maxIntervals: 20,
  samplingEmaDecay: 0.9,
  sampleImages: 32,
  curveImages: 16,
  curvePoints: 3,
  checkpointEverySteps: 67,
};

/** The plan that a proof runs. @throws PlanError as `resolvePlan` */
export function proofPlan({ recipe, seed, engine, fullSize, steps, batchImages }: ProofRequest): Plan {
  const asked: Scale = {
    ...scale,
    steps: steps ?? scale.steps,
    batchImages: batchImages ?? scale.batchImages,
    ...(steps !== undefined && { checkpointEverySteps: Math.max(1, Math.floor(steps / 6)) }),
  };
  const run = fullSize ? recipe : tinyRecipe(recipe);
  return resolvePlan({ recipe: run, scale: asked, seed, engine: engineSettings(asked.batchImages!, engine, run) });
}

/**
 * The recipe on the 16x16 images of `shapes`, which are made and not fetched, with a network of two levels. LPIPS, which needs downloaded weights, gives way to squared l2; a rate of
 * dropout that is zero to 0.2, so that the stream of masks is drawn from. Everything else is the recipe's.
 */
export function tinyRecipe(recipe: Recipe): Recipe {
  const { method, tuning, network, data } = recipe;
  return {
    ...recipe,
    method: { ...method, ...(method.distance.kind === 'lpips' && { distance: { kind: 'squared-l2' } }) },
    tuning: {
      ...tuning,
      dropout: tuning.dropout || 0.2,
      dropoutMaxResolution: tuning.dropoutMaxResolution && 8,
    },
    network: tinyNetwork(network),
    data: { ...data, dataset: 'shapes' },
  };
}

function tinyNetwork(network: Network): Network {
  const tiny = {
    resolution: 16,
    channelMultipliers: [1, 2],
    blocksPerLevel: 1,
    attentionResolutions: [8],
  };
  return network.kind === 'ncsnpp'
    ? { ...network, ...tiny, baseChannels: 8 }
    : { ...network, ...tiny, baseChannels: 32, headChannels: 32, classes: network.classes && 4 };
}

/** A moment at which a run is interrupted. */
export interface Interruption {
  /** Steps taken before. */
  readonly k: number;
  /** What is special about it. */
  readonly why: string;
}

/** The steps after which a run is killed: where something begins, ends or was just written. */
export function interruptions(plan: Plan): Interruption[] {
  const { steps, checkpointEverySteps, curveSteps } = plan.asRun;
  const changes = new Timetable(plan).spans().map(({ firstStep }) => firstStep);
  const change = changes.find((k) => k > checkpointEverySteps + 1) ?? changes[1];
  const moments: [number | undefined, string][] = [
    [checkpointEverySteps, 'with a checkpoint'],
    [checkpointEverySteps + 1, 'the step after a checkpoint'],
    [curveSteps[0], 'with a point of the curve'],
    [change, 'before N changes'],
  ];
  const whys = new Map<number, string[]>();
  for (const [k, why] of moments) if (k !== undefined && k < steps) whys.set(k, [...(whys.get(k) ?? []), why]);
  return [...whys].map(([k, all]) => ({ k, why: all.join(', ') })).sort((a, b) => a.k - b.k);
}
