/** @file Nearest names: slips of the finger, beginnings, and silence where nothing is near. */
import { describe, expect, it } from 'vitest';
import { nearestNames, suggestion } from '../../harness/core/suggest.ts';

const known = ['cifar10', 'imagenet64', 'shapes', 'ct', 'ict', 'ict-deep'];

describe('nearestNames', () => {
  it.each([
    ['cifar', ['cifar10']],
    ['cifra10', ['cifar10']],
    ['CIFAR10', ['cifar10']],
    ['shape', ['shapes']],
    ['itc', ['ict', 'ct']],
    ['ict-', ['ict', 'ct', 'ict-deep']],
    ['transformer', []],
  ])('of %s are %j', (name, near) => {
    expect(nearestNames(name, known)).toEqual(near);
  });

  it('counts a swap of neighbours as one edit', () => {
    expect(nearestNames('ab', ['ba', 'xy'])).toEqual(['ba', 'xy']);
    expect(nearestNames('learnignRate', ['learningRate'])).toEqual(['learningRate']);
  });

  it('gives at most three', () => {
    expect(nearestNames('a', ['a1', 'a2', 'a3', 'a4'])).toEqual(['a1', 'a2', 'a3']);
  });
});

describe('suggestion', () => {
  it('asks, or lists everything', () => {
    expect(suggestion('itc', known)).toBe('Did you mean "ict" or "ct"');
    expect(suggestion('transformer', ['ct', 'ict'])).toBe('Choose one of ct, ict');
  });
});
