/** @file The difference of two recipes: five choices, tuning, the rest. */
import { describe, expect, it } from 'vitest';
import { diffRecipes } from '../../harness/recipe/diff.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import * as imagenet64 from '../../recipes/imagenet64.ts';

describe('diffRecipes', () => {
  it('finds exactly the five choices between CT and iCT, in the order of the paper', () => {
    for (const { ct, ict } of [cifar10, imagenet64]) {
      const { choices } = diffRecipes(ct, ict);
      expect(choices.map(({ choice }) => choice)).toEqual(['weighting', 'teacher', 'distance', 'curriculum', 'noise']);
      expect(choices.map(({ to }) => to.kind)).toEqual([
        'inverse-gap',
        'stop-gradient',
        'pseudo-huber',
        'doubling',
        'lognormal',
      ]);
    }
  });

  it('keeps re-tuned numbers and everything else apart from the choices', () => {
    const { tuning, other } = diffRecipes(cifar10.ct, cifar10.ict);
    expect(tuning).toEqual([
      { name: 'steps', from: 800_000, to: 400_000 },
      { name: 'batchImages', from: 512, to: 1024 },
      { name: 'learningRate', from: 4e-4, to: 1e-4 },
      { name: 'dropout', from: 0, to: 0.3 },
      { name: 'fourierScale', from: 16, to: 0.02 },
      { name: 'samplingEmaDecay', from: 0.9999, to: 0.99993 },
    ]);
    expect(other).toEqual([{ path: 'sampling.midSigma', from: null, to: 0.821 }]);
    expect(diffRecipes(imagenet64.ct, imagenet64.ict).other).toContainEqual({
      path: 'network.scaleShiftNorm',
      from: true,
      to: false,
    });
  });

  it('reduces the deep variant to its depth', () => {
    expect(diffRecipes(cifar10.ict, cifar10.ictDeep)).toEqual({
      choices: [],
      tuning: [],
      other: [{ path: 'network.blocksPerLevel', from: 4, to: 8 }],
    });
  });

  it('sees keys that only one of two networks has', () => {
    const { other } = diffRecipes(cifar10.ct, imagenet64.ct);
    expect(other).toContainEqual({ path: 'network.headChannels', from: undefined, to: 64 });
  });
});
