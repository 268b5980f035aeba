/** @file Checks whether a cell needs ranks and can share its batches; states what ranks must have in common. */
import { cpus } from 'node:os';
import { PlanError, UsageError, described } from '../../../core/errors.ts';
import type { Engine } from '../../../engine/engine.ts';
import type { Plan } from '../../../plan/types.ts';
import type { Facts } from '../../../ranks/same.ts';
import { checkoutState } from '../../../results/origin/checkout.ts';
import { readResult } from '../../../results/store.ts';

/** Whether anything is left to train: given weights and finished cells take one process. */
export function needsRanks(folder: string, plan: Plan): boolean {
  return !plan.weights && readResult(folder) === null;
}

/** @throws PlanError when the passes of a batch cannot be shared evenly, or the plan is for another number of ranks; UsageError with XLA */
export function requireShares({ asRun, engine }: Plan, ranks: number): void {
  const { batchImages } = asRun;
  const passes = batchImages / engine.microBatchImages;
  if (engine.xla) {
    throw new UsageError({
      where: '--ranks',
      got: described('a step compiled by XLA'),
      expected: 'one without it: TensorFlow has no exchange between processes inside XLA',
      remedy: 'Plan with --no-xla',
    });
  }
  if (passes % ranks !== 0) {
    throw new PlanError({
      where: '--ranks',
      got: ranks,
      expected: `a divisor of the ${passes} passes of ${engine.microBatchImages} images in a batch of ${batchImages}`,
      remedy: 'Choose another number, or plan with a smaller --micro-batch',
    });
  }
  if (engine.ranks === undefined || engine.ranks === ranks) return;
  throw new PlanError({
    where: '--ranks',
    got: ranks,
    expected: `${engine.ranks}: a fast reduction adds in an order that depends on it, so it is part of the plan`,
    remedy: `Give --ranks ${engine.ranks}, or plan with --reduction ordered`,
  });
}

/** `global batch 512 = 4 ranks x 64 images per pass x 2 passes` */
export function globalBatchText({ asRun, engine }: Plan, ranks: number): string {
  const passes = asRun.batchImages / engine.microBatchImages / ranks;
  return `global batch ${asRun.batchImages} = ${ranks} ranks x ${engine.microBatchImages} images per pass x ${passes} ${passes === 1 ? 'pass' : 'passes'}`;
}

/** What decides the bits of a step, besides images and state, which are compared when they are known. */
export function factsOf(plan: Plan, engine: Engine, root: string): Facts {
  const { commit, dirty } = checkoutState(root);
  return {
    plan: plan.fingerprint,
    code: `${commit ?? 'unknown'}${dirty ? ' with changes' : ''}`,
    engine: `TensorFlow ${engine.tensorflowVersion} on the ${engine.device}`,
    Node: process.version,
    ...(engine.device === 'cpu' && {
      threads: String(engine.threads),
      processor: cpus()[0]?.model ?? 'unknown',
    }),
  };
}
