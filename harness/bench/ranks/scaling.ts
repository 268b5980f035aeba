/** @file Times the training step of ranks beside that of one process, and the exchange by itself. */
import * as tf from '@tensorflow/tfjs-core';
import type { Clock } from '../../core/clock.ts';
import { compile } from '../../engine/compile/compile.ts';
import type { Group } from '../../engine/engine.ts';
import { flatShape } from '../../network/flat.ts';
import type { Plan } from '../../plan/types.ts';
import type { Team } from '../../ranks/team.ts';
import type { ImageDistance } from '../../train/distance/distance.ts';
import { sumOverRanks } from '../../train/sum/rank-sum.ts';
import { benchBatches } from '../inputs.ts';
import { openedStep } from '../subjects/opened-step.ts';
import { takeTurns, type Turns } from './turns.ts';

export interface ScalingRequest {
  readonly plan: Plan;
  readonly distance: ImageDistance;
  /** Null in the process that works alone. */
  readonly group: Group | null;
  readonly rounds: number;
  /** Steps that are timed together. */
  readonly steps: number;
  readonly clock: Clock;
}

/** Seconds per step of `ranks` and of `alone`, and of `exchange`, the sum of the gradients of all ranks by itself. */
export async function timeScaling(team: Team, request: ScalingRequest): Promise<Turns> {
  const { plan, distance, group, rounds, steps, clock } = request;
  const reduction = plan.engine.reduction ?? 'ordered';
  const batch = sharedBatch(plan, group);
  const { layout, step, take } = openedStep(plan, distance, {
    batch: () => batch,
    ...(group && { ranks: { group, reduction } }),
  });
  const gradient = tf.zeros(flatShape(layout));
  let k = 0;
  const takeAll = (): void => {
    for (let i = 0; i < steps; i++) take(k++);
  };
  const exchange =
    group &&
    compile((one: { readonly loss: tf.Tensor; readonly gradient: tf.Tensor }) => {
      const sum = sumOverRanks([one], group.ranks, { group, reduction });
      return tf.stack([sum.loss, tf.sum(sum.gradient)]);
    });
  const exchangeAll = (): void => {
    for (let i = 0; i < steps; i++) {
      const loss = tf.scalar(0);
      const sum = exchange!({ loss, gradient });
      sum.dataSync();
      tf.dispose([loss, sum]);
    }
  };
  const turns = await takeTurns(
    team,
    [
      { name: 'ranks', ...(group && { work: takeAll }) },
      { name: 'alone', ...(!group && { work: takeAll }) },
      { name: 'exchange', ...(group && { work: exchangeAll }) },
    ],
    { rounds, clock },
  );
  step.dispose();
  return Object.fromEntries(Object.entries(turns).map(([name, all]) => [name, all.map((one) => one / steps)]));
}

/** The images of this rank of the first batch of benchmarks. */
function sharedBatch(plan: Plan, group: Group | null) {
  const { images, labels } = benchBatches(plan)[0]!;
  if (!group) return { images, labels };
  const count = labels.length / group.ranks;
  const firstImage = group.rank * count;
  const size = images.length / labels.length;
  return {
    images: images.slice(firstImage * size, (firstImage + count) * size),
    labels: labels.slice(firstImage, firstImage + count),
    firstImage,
  };
}
