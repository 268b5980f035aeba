/** @file Names from the command line: short ids, other data sets, near misses. */
import { describe, expect, it } from 'vitest';
import { datasetNamed, recipeNamed, scaleNamed } from '../../harness/plan/names.ts';
import { recipes } from '../../recipes/index.ts';
import { scales } from '../../recipes/scales.ts';

describe('names', () => {
  it('finds a recipe by its id and by its id on its data set', () => {
    expect(recipeNamed(recipes, 'cifar10', 'ict').id).toBe('cifar10-ict');
    expect(recipeNamed(recipes, 'cifar10', 'cifar10-ict').id).toBe('cifar10-ict');
    expect(recipeNamed(recipes, 'imagenet64', 'ict').id).toBe('imagenet64-ict');
  });

  it('suggests the nearest recipe of the data set', () => {
    expect(() => recipeNamed(recipes, 'cifar10', 'itc')).toThrow(
      '--recipes: got "itc", expected a recipe of cifar10. Did you mean "ict" or "ct".',
    );
    expect(() => recipeNamed(recipes, 'cifar10', 'cifar10-ict-dep')).toThrow('Did you mean "ict-deep".');
    expect(() => recipeNamed(recipes, 'cifar10', 'constructor')).toThrow('got "constructor"');
  });

  it('refuses a recipe of another data set', () => {
    expect(() => recipeNamed(recipes, 'cifar10', 'shapes-ct')).toThrow(
      '--recipes: got "shapes-ct", expected a recipe of cifar10, not of shapes. Run it on shapes.',
    );
  });

  it('finds data sets and scales and suggests the nearest', () => {
    expect(datasetNamed('cifar10')).toBe('cifar10');
    expect(() => datasetNamed('cifar')).toThrow('data set: got "cifar", expected a data set. Did you mean "cifar10".');
    expect(scaleNamed(scales, 'shapes', 'twin').id).toBe('twin');
    expect(() => scaleNamed(scales, 'shapes', 'hour')).toThrow(
      '--scale: got "hour", expected a scale of shapes. Choose one of smoke, twin, ladder.',
    );
    expect(() => scaleNamed(scales, 'cifar10', 'hours')).toThrow('Did you mean "hour".');
  });
});
