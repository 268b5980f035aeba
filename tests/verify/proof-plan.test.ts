/** @file Plans of proofs: every recipe can be made tiny, and a run is killed where something begins or ends. */
import { describe, expect, it } from 'vitest';
import { validateRecipe } from '../../harness/recipe/validate.ts';
import { interruptions, proofPlan, tinyRecipe } from '../../harness/verify/proof-plan.ts';
import { recipes } from '../../recipes/index.ts';

const planOf = (id: string) => proofPlan({ recipe: recipes[id]!, seed: 1, engine: { device: 'cpu' } });

describe('a tiny recipe', () => {
  it.each(Object.keys(recipes))('of %s is valid, and needs no download', (id) => {
    const tiny = validateRecipe(tinyRecipe(recipes[id]!));
    expect(tiny.method.distance.kind).not.toBe('lpips');
    expect(tiny.tuning.dropout).toBeGreaterThan(0);
    expect(planOf(id).asRun.steps).toBe(402);
  });
});

describe('a run is killed', () => {
  it('with a checkpoint, after it, with a point of the curve and before N changes', () => {
    // Doubling from 10 to 20 intervals in two stages of 201 steps; checkpoints every 67 steps, scores every 134.
    expect(interruptions(planOf('shapes-ict'))).toEqual([
      { k: 67, why: 'with a checkpoint' },
      { k: 68, why: 'the step after a checkpoint' },
      { k: 134, why: 'with a point of the curve' },
      { k: 201, why: 'before N changes' },
    ]);
  });

  it('never after its end', () => {
    const plan = proofPlan({ recipe: recipes['shapes-ct']!, seed: 1, engine: { device: 'cpu' }, steps: 3 });
    expect(interruptions(plan).every(({ k }) => k < 3)).toBe(true);
  });
});
