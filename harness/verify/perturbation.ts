/**
 * @file Proof that scoring, sampling and logging change no weight.
 *
 * Each is switched on and off; every weight stays as it is.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.ts';
import { randomKey, randomNormal } from '../engine/ops.ts';
import { resolvePlan } from '../plan/resolve.ts';
import type { Plan } from '../plan/types.ts';
import { digestParts, firstTensorDifference, tensorDifferenceText } from './differences.ts';
import type { Comparison, Proof } from './proof.ts';
import { trainProof, type ProofTraining, type TrainingChange } from './training.ts';

export interface PerturbationRequest {
  readonly engine: Engine;
  readonly plan: Plan;
  readonly subject: string;
  readonly onDone?: (what: string) => void;
}

/** Trains the plan undisturbed, then once under each disturbance. */
export async function provePerturbation({ engine, plan, subject, onDone }: PerturbationRequest): Promise<Proof> {
  const quiet = await trainProof(engine, plan, { scored: false });
  onDone?.('undisturbed');
  const comparisons: Comparison[] = [];
  for (const [what, disturbed, change] of disturbances(plan)) {
    comparisons.push({ what, difference: trainingDifference(quiet, await trainProof(engine, disturbed, change)) });
    onDone?.(what);
  }
  return { proof: 'perturbation', subject, hashes: Object.fromEntries(digestParts(quiet.state)), comparisons };
}

/** The first difference between two trainings; null where there is none. */
export function trainingDifference(one: ProofTraining, other: ProofTraining): string | null {
  const difference = firstTensorDifference(one.state, other.state);
  if (difference) return tensorDifferenceText(difference);
  const loss = one.loss.findIndex((point, i) => point.loss !== other.loss[i]?.loss);
  return loss < 0 ? null : `the loss at step ${one.loss[loss]!.step} differs`;
}

function disturbances(plan: Plan): [what: string, plan: Plan, change: TrainingChange][] {
  const { curvePoints } = plan.scale;
  const terminal = { isTerminal: true, columns: 80, write: () => undefined };
  return [
    ['the same once more', plan, { scored: false }],
    ['scored at every point of the curve', plan, { scored: true }],
    [
      `scored ${4 * curvePoints} times in place of ${curvePoints}`,
      withScale(plan, { curvePoints: 4 * curvePoints }),
      {},
    ],
    ['checkpoints every step', withScale(plan, { checkpointEverySteps: 1 }), { scored: false }],
    ['progress written to a terminal', plan, { scored: false, output: terminal }],
    ['noise drawn and computed with after every step', plan, { scored: false, afterStep: drawNoise }],
  ];
}

function withScale({ recipe, scale, seed, engine }: Plan, change: Partial<Plan['scale']>): Plan {
  return resolvePlan({ recipe, scale: { ...scale, ...change }, seed, engine });
}

/** Draws from a stream that training draws from. */
function drawNoise(): void {
  tf.tidy(() => void tf.sum(randomNormal([16, 16], randomKey(0, 'noise', 0))).dataSync());
}
