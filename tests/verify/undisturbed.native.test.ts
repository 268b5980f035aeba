/** @file Proofs in one process: watching a run leaves its weights alone, dividing its work leaves only rounding. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../harness/engine/engine.ts';
import { provePerturbation, trainingDifference } from '../../harness/verify/perturbation.ts';
import { proofPlan } from '../../harness/verify/proof-plan.ts';
import { proveSplit, sampleBound } from '../../harness/verify/split.ts';
import { trainProof } from '../../harness/verify/training.ts';
import { recipes } from '../../recipes/index.ts';
import { engineForTests } from '../engine/engine-fixture.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await engineForTests();
});

const plan = proofPlan({ recipe: recipes['shapes-ict']!, seed: 1, engine: { device: 'cpu' }, steps: 12 });

describe('perturbation', () => {
  it('by scoring, checkpoints, logging and noise is none', async () => {
    const { comparisons } = await provePerturbation({ engine, plan, subject: 'x' });
    expect(comparisons.map(({ difference }) => difference)).toEqual(Array(6).fill(null));
  });

  it('would be named with its tensor', async () => {
    const one = await trainProof(engine, plan, { scored: false });
    const other = proofPlan({ recipe: recipes['shapes-ict']!, seed: 2, engine: { device: 'cpu' }, steps: 12 });
    expect(trainingDifference(one, await trainProof(engine, other, { scored: false }))).toMatch(
      /^parameters\/\S+ differs in \d+ of \d+ values, by \d+ ulp at most$/,
    );
  });
});

describe('split', () => {
  it('into passes and batches of every size stays within its bounds', async () => {
    const { comparisons } = await proveSplit({ engine, plan, subject: 'x' });
    expect(comparisons.map(({ what }) => what)).toEqual([
      '4 images in passes of 1',
      '4 images in passes of 2',
      '10 samples in batches of 1',
      '10 samples in batches of 3',
      '10 samples in batches of 7',
    ]);
    expect(comparisons.map(({ difference }) => difference)).toEqual(Array(5).fill(null));
    expect(comparisons.at(-1)!.note).toMatch(
      new RegExp(`^(to the bit|largest difference of a value in \\[-1, 1\\]: .*, bound ${sampleBound})$`),
    );
  });
});
