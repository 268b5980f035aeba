/**
 * @file Recipes that are alternative readings of a paper.
 *
 * Each is judged by the claims of the recipe that it is a reading of.
 */
import type { Reading } from '../../harness/recipe/claim.ts';

export const readings: readonly Reading[] = [
  { recipeId: 'cifar10-ct-paper-mu', of: 'cifar10-ct', what: 'mu(k) as printed' },
  { recipeId: 'imagenet64-ct-paper-mu', of: 'imagenet64-ct', what: 'mu(k) as printed' },
  { recipeId: 'imagenet64-ct-paper-lr', of: 'imagenet64-ct', what: 'learning rate as printed' },
  { recipeId: 'imagenet64-ict-bcm', of: 'imagenet64-ict', what: 'the network of an independent reproduction (BCM)' },
];
