/** @file Speed and memory of a training step and of one-step sampling, from the first call on. */
import { openedStep } from '../../../bench/subjects/opened-step.ts';
import { parameterLayout } from '../../../network/flat.ts';
import { buildNetwork } from '../../../network/network.ts';
import { engineSettings } from '../../../plan/engine-settings.ts';
import { resolvePlan } from '../../../plan/resolve.ts';
import type { Plan } from '../../../plan/types.ts';
import { openDistance } from '../../../run/cell/distance.ts';
import { Sampler } from '../../../sample/sampler.ts';
import { peakResidentBytes } from '../../../system/process/resident-memory.ts';
import type { TrainingStep } from '../../../train/session.ts';
import type { ProbeValue } from '../protocol.ts';
import type { Group, GroupContext, NightlySize, NightlyWork } from '../work.ts';
import { medianOf, millisecondsOf, type Iterations } from './timed.ts';

/** The plan of a size on the device of the engine, at seed 0. */
function planOfSize({ recipe, scale }: Pick<NightlySize, 'recipe' | 'scale'>, { engine }: GroupContext): Plan {
  const { device } = engine;
  const batch = scale.batchImages ?? recipe.tuning.batchImages;
  return resolvePlan({ recipe, scale, seed: 0, engine: engineSettings(batch, { device }, recipe) });
}

interface StepRows {
  readonly size: keyof NightlyWork['sizes'];
  readonly step: Iterations;
  /** Null where sampling is not measured. */
  readonly sample: Iterations | null;
}

/** Rows `<size>-first-call`, `<size>-step`, `<size>-memory` and `<size>-sample`, in the order in which they are measured. */
function stepGroup({ size, step: iterations, sample }: StepRows): Group {
  return async (context) => {
    const { clock, work } = context;
    const chosen = work.sizes[size];
    const plan = planOfSize(chosen, context);
    const { take, step } = openedStep(plan, await openDistance(plan, context.output));
    const values: Record<string, ProbeValue> = {};
    const note = (row: string, value: number): void => {
      values[`${size}-${row}`] = { kind: 'paired', value };
    };
    note(
      'first-call',
      millisecondsOf(clock, () => take(0)),
    );
    note(
      'step',
      medianOf(clock, iterations, (k) => take(1 + k)),
    );
    note('memory', peakResidentBytes());
    if (sample) note('sample', medianOf(clock, sample, samplingOf(plan, step, chosen.sampleImages)));
    step.dispose();
    return values;
  };
}

function samplingOf(plan: Plan, step: TrainingStep, images: number): (k: number) => void {
  const { recipe, engine, seed } = plan;
  const { network, parameters } = buildNetwork(recipe, engine);
  const layout = parameterLayout(parameters);
  const { mode, precision, xla } = engine;
  const sampler = new Sampler({ recipe, layout, network, batchImages: images, mode, precision, xla });
  const { samplingEma } = step.read();
  const { clip } = recipe.sampling;
  return (k) =>
    void sampler.sample(samplingEma, { seed, firstImage: k * images, images, sigmas: [recipe.levels.sigmaMax], clip });
}

export const twinGroup = stepGroup({
  size: 'twin',
  step: { warm: 2, iterations: 9 },
  sample: { warm: 1, iterations: 2 },
});
export const smallGroup = stepGroup({ size: 'small', step: { warm: 1, iterations: 4 }, sample: null });
export const fullGroup = stepGroup({ size: 'full', step: { warm: 2, iterations: 8 }, sample: null });
