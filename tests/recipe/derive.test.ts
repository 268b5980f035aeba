/** @file Derivation: choices replaced whole, nothing restated, nothing misspelt, nothing to be altered afterwards. */
import { describe, expect, it } from 'vitest';
import { RecipeError } from '../../harness/core/errors.ts';
import { derive } from '../../harness/recipe/derive.ts';
import { ct } from '../../recipes/cifar10.ts';

const identity = { id: 'cifar10-variant', version: 1, source: 'a test', deviations: [] } as const;
const attempt = (changes: object) => () => derive(ct, { ...identity, ...changes });

describe('derive', () => {
  it('inherits what is not named', () => {
    const variant = derive(ct, { ...identity, tuning: { steps: 10 } });
    expect(variant).toEqual({ ...ct, ...identity, tuning: { ...ct.tuning, steps: 10 } });
  });

  it('replaces a choice whole', () => {
    const variant = derive(ct, { ...identity, method: { teacher: { kind: 'stop-gradient' } } });
    expect(variant.method.teacher).toEqual({ kind: 'stop-gradient' });
    expect(attempt({ method: { teacher: { kind: 'ema', mu0: 0.8 } } })).toThrow(
      'recipe "cifar10-variant" at method.teacher.convention: got nothing, expected one of code, paper. Give a value: nothing has a default.',
    );
  });

  it('never inherits identity or deviations', () => {
    expect(attempt({ tuning: { steps: 10 }, deviations: undefined })).toThrow(
      'recipe "cifar10-variant" at deviations: got nothing, expected a list of deviations. Give a value: nothing has a default.',
    );
  });

  it('refuses a value equal to that of the base', () => {
    expect(attempt({ tuning: { steps: 10, dropout: 0 } })).toThrow(
      'recipe "cifar10-variant" at tuning.dropout: got 0, expected a value that differs from that of "cifar10-ct". Remove the line: it is inherited.',
    );
    expect(attempt({ method: { noise: { kind: 'uniform' } } })).toThrow(
      'recipe "cifar10-variant" at method.noise: got {"kind":"uniform"}, expected a value that differs',
    );
    expect(attempt({ network: { channelMultipliers: [2, 2, 2] } })).toThrow('at network.channelMultipliers');
  });

  it('refuses a recipe without a change and one with the id of its base', () => {
    expect(attempt({})).toThrow(
      'recipe "cifar10-variant": got no change, expected at least one value that differs from "cifar10-ct". Use "cifar10-ct" itself.',
    );
    expect(attempt({ id: 'cifar10-ct', tuning: { steps: 10 } })).toThrow(
      'recipe "cifar10-ct" at id: got "cifar10-ct", expected another id than that of its base. Name the derived recipe.',
    );
  });

  it.each([
    [
      { tuning: { learingRate: 1e-4 } },
      'recipe "cifar10-variant" at tuning: got "learingRate", expected a known key. Did you mean "learningRate".',
    ],
    [
      { method: { teachr: { kind: 'stop-gradient' } } },
      'recipe "cifar10-variant" at method: got "teachr", expected a known key. Did you mean "teacher".',
    ],
    [
      { tunning: { steps: 10 }, tuning: { steps: 10 } },
      'recipe "cifar10-variant": got "tunning", expected a known key. Did you mean "tuning".',
    ],
    [
      { method: { distance: { kind: 'pseudo-huber', cPerSqrtDim: 0.00054, c: 0.03 } } },
      'recipe "cifar10-variant" at method.distance: got "c", expected a known key. Did you mean "cPerSqrtDim".',
    ],
  ])('suggests the nearest key for a misspelt one: %j', (changes, message) => {
    expect(attempt(changes)).toThrow(new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
    expect(attempt(changes)).toThrow(RecipeError);
  });

  it('freezes the result to the last leaf and leaves the base alone', () => {
    const before = structuredClone(ct);
    const variant = derive(ct, { ...identity, method: { teacher: { kind: 'stop-gradient' } } });
    const leaves = [
      variant,
      variant.method,
      variant.method.noise,
      variant.network.channelMultipliers,
      variant.deviations,
    ];
    expect(leaves.every((leaf) => Object.isFrozen(leaf))).toBe(true);
    expect(ct).toEqual(before);
    expect(JSON.parse(JSON.stringify(variant))).toEqual(variant);
  });
});
